"""The local REST API of a gateway up to firmware 1.49: its own protocol, and nobody else's."""
