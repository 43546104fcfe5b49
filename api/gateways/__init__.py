"""The outside world behind the core's ports: randomness, and later model providers, payments, captcha,
object store and mail.
"""
