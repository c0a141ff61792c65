"""Makes it true: observe, compare, apply, confirm, record. The only room that decides."""
