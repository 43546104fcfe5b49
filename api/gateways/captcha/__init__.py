"""Captchas: outside services that tell people from programs."""
