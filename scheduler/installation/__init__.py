"""The program set up as a service: where its files stand, which of them a person may have written,
and how it comes and goes. Knows systemd by its folders and its command; knows no setting by name.
"""
