"""The captcha: what is asked of the service, what its answers mean, and what happens without it."""
