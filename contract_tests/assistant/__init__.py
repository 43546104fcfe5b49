"""The assistant: what is asked of language models, what comes back, and what it costs."""
