"""What both web faces share: base templates, CSS, tables, forms, logins, CSRF, SSE, problem+json."""
