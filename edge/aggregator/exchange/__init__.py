"""What other systems are told: exports, webhooks, Home Assistant. Read from the ledger, position by position.

``books.py`` says what an entry changes for somebody who keeps books, ``epcis.py`` and ``poslog.py`` how that
is written, ``notices.py`` what is told as it happens, ``export.py`` reads the ledger through any of them.
"""
