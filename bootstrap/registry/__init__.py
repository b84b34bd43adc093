"""A registry over HTTPS: authentication, errors, retries, uploads, redirects of names.

Source: OCI distribution-spec v1.1.1.
"""
