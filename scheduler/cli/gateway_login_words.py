"""What a person reads while signing in to the cloud."""

from __future__ import annotations

from typing import Final

WAYS: Final = """\
Three ways lead to the cloud. None of them asks for your Tesla password.

  teslemetry  5 minutes. A token from its page; it takes a fee after 7 days. It holds your
              authorisation, and every command passes through it.
  tessie      2 minutes with an account there. The same holds.
  tesla       30 to 60 minutes, once: an app of your own at developer.tesla.com, and a web address
              where a key can be read. Nobody stands between. It costs nothing within Tesla's
              discount of $10 a month, which the default budget of $8 keeps to.
"""

KEY: Final = """\
Step 1 of 5: a key at a web address.
Tesla wants to find a public key at an address of yours, now and for good. It signs nothing for a
Powerwall. The key was made here and stays in {key_path}; this is its public half:

{public}
Put it at  https://DOMAIN{path}
where DOMAIN is yours. Free places: fleetkey.cc (paste the key, get a name), GitHub Pages (a user's
site, with an empty file .nojekyll), Cloudflare Pages.
"""

APP: Final = """\
Step 2 of 5: an app at https://developer.tesla.com/dashboard (an account with a second factor).
  grant types     Authorization Code and Machine-to-Machine
  allowed origin  https://{domain}          (small letters, no slash at the end)
  redirect        {redirect}
  scopes          Energy Product Information and Energy Product Commands, no others
It then shows a client id and a client secret.
"""

SIGN_IN: Final = """\
Step 4 of 5: sign in at Tesla, and tick every box. Open this address in any browser:

  {address}

{how}
"""
LISTENS: Final = (
    "A browser on this machine comes back by itself: press Enter here when it says so. From "
    "another machine, paste the address it ends at; that page itself cannot load, and need not."
)
PASTES: Final = "Then paste the address the browser ends at; the page itself need not load."

PASTE: Final = """\
A refresh token serves once. From now on the program that made these tokens must stop using them,
or both lose the sign-in.
"""

TOKEN: Final = {
    "teslemetry": "Sign in at https://teslemetry.com/console, subscribe the energy site, and make a"
    " token for it.",
    "tessie": "Make a token at https://dash.tessie.com/settings/api.",
}

END: Final = """\
Signed in, and read once; nothing was written. Set this, in {file} or wherever your settings are:

{settings}
"""
CHECK: Final = "Then: tou check, and sudo systemctl restart tou-scheduler"
OPEN: Final = """\
The unit of the service lets it reach private networks alone. So that it reaches the cloud, run this
again with sudo, or write {path} yourself:

{text}"""
