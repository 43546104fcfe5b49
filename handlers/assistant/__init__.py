"""The assistant: language models that people ask through their instances, and pay in credits."""
