"""OAuth 2.0: registration, the device flow, tokens, introspection, revocation and discovery."""
