"""What shows and tells: renders the state and the audit; decides nothing, asks no gateway."""
