"""The state on an MQTT broker, with discovery for Home Assistant; and leases from it, where that is
switched on. Its own process, without the gateway's secret. Needs the extra `mqtt`.
"""
