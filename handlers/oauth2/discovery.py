"""The authorization server's metadata (RFC 8414), made from the public URL."""

from __future__ import annotations

from handlers.answers import Answer
from handlers.oauth2.registering import SUPPORTED_GRANT_TYPES
from handlers.oauth2.scopes import KNOWN

_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


def metadata(public_url: str) -> Answer:
    """The metadata document; cacheable for an hour."""
    payload = {
        "issuer": public_url,
        "authorization_endpoint": f"{public_url}/oauth2/authorize",
        "token_endpoint": f"{public_url}/oauth2/token",
        "device_authorization_endpoint": f"{public_url}/oauth2/device/authorize",
        "registration_endpoint": f"{public_url}/oauth2/register",
        "revocation_endpoint": f"{public_url}/oauth2/revoke",
        "introspection_endpoint": f"{public_url}/oauth2/introspect",
        "service_documentation": f"{public_url}/docs",
        "grant_types_supported": list(SUPPORTED_GRANT_TYPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        "scopes_supported": list(KNOWN),
        "token_endpoint_auth_methods_supported": list(_AUTH_METHODS),
        "revocation_endpoint_auth_methods_supported": list(_AUTH_METHODS),
        "introspection_endpoint_auth_methods_supported": list(_AUTH_METHODS),
    }
    return Answer(body=payload, headers={"Cache-Control": "public, max-age=3600"})
