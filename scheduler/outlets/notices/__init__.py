"""Notices: what a person is told when something is wrong, and when it is over.

A process of its own says them; it reads the audit and asks the service, and has no way to the
gateway.
"""
