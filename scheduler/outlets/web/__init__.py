"""The page: the state and the audit for a browser. It renders and never decides, holds no secret
of a gateway, and reads the database without ever writing it. Needs the extra `web`.
"""
