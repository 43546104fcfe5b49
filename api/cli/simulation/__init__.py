"""`simulate-instance`: a small real client. It knows of the server what a client in the field knows, the
published interface, and shares no code with it.
"""
