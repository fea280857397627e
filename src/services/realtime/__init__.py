"""Live connections: who is connected, who listens to what, and in which order they hear of it.

Plain Python: sockets, responses and alarms are handed in (``ports``), so that all of it runs on CPython too.
"""
