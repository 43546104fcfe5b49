"""Where mails go: to an SMTP server (`smtp`), or without one into the data directory (`files`)."""
