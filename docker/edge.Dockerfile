# The store's box. Build from the repository's root, after `python -m web.assets`:
#   docker build -f docker/edge.Dockerfile -t vitrine-edge .
# Run with the store's folder (edge.toml, certificate, key, books) mounted at /store.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY requirements.txt ./
RUN python -m venv /vitrine \
    && /vitrine/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt
COPY . .
RUN /vitrine/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM python:3.11-slim-bookworm
RUN groupadd --gid 10001 vitrine \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /store vitrine \
    && install -d -o vitrine -g vitrine -m 0700 /store
COPY --from=build /vitrine /vitrine
USER 10001:10001
WORKDIR /store
VOLUME /store
EXPOSE 8100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=15s \
    CMD ["/vitrine/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8100/healthz', timeout=2)"]
ENTRYPOINT ["/vitrine/bin/python", "-m", "vitrine"]
CMD ["edge", "--config", "/store/edge.toml"]
