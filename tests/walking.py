"""Walks every route of an app that changes something, as a browser that another site sends: none may do anything."""

import warnings

import httpx
from fastapi import FastAPI

from web.csrf import SAFE_METHODS
from web.policy import declared

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette prefers httpx2, which is not in our lock
    from starlette.testclient import TestClient


def let_through(app: FastAPI, cookie: str, token: str, csrf: str, *, only: str = "") -> tuple[int, list[str]]:
    """How many routes were tried, and those that did more than to refuse.

    With the cookie and without the form's token, as a foreign form would; and with both from a foreign page, which no
    browser could do and which is refused all the same.
    """
    passed, tried = [], 0
    with TestClient(app, base_url="http://store", raise_server_exceptions=False) as browser:
        browser.cookies.set(cookie, token)
        for route in declared(app):
            if route.method in SAFE_METHODS or (only and route.path != only):
                continue
            tried += 1
            path = "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))
            public = all(policy.open_to_all for policy in route.policies)
            ways = [{"Sec-Fetch-Site": "cross-site", "X-CSRF-Token": csrf}]
            ways += [] if public else [{"Sec-Fetch-Site": "same-origin"}]
            for headers in ways:
                answer: httpx.Response = browser.request(route.method, path, headers=headers, follow_redirects=False)
                if answer.status_code != 403:
                    passed.append(f"{route} {headers} {answer.status_code}")
    return tried, passed
