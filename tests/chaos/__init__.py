"""Chaos: the promise of docs/protocol.md, held against killed, frozen and restarted processes and broken networks.

A black-box run: two web processes, a Postgres and a Redis of its own, and a TCP proxy before each, that breaks
connections on demand. Everything is told in a ledger, and a pure checker reads it. In the order to read:

    ledger.py     what is written down: messages, acknowledgements, faults, what every device showed, the truth
    checker.py    the promise, as questions to a ledger
    player.py     a device of a person: writes, listens, reconnects, by the rules in tests/rules
    proxy.py      the network, and how it breaks
    services.py   Postgres, Redis and the web processes, and how they die
    stage.py      all of that together, with the people and rooms that cast.py makes
    faults.py     the kinds of faults and their order
    run.py        one run from curtain to verdict: `bin/chaos`
    report.py     a ledger in words and numbers

`bad_servers.py` and `bad_clients.py` have bugs that the checker has to catch.
"""
