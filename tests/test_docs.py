"""The site of the docs: what it holds, and who can read it."""

import json
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

from taizhang.docs import build_docs, serve


def test_the_site_has_the_models_in_both_languages_and_the_checks(clean_warehouse: Path) -> None:
    data_docs = clean_warehouse / "outbox" / "data_docs"
    data_docs.mkdir(parents=True, exist_ok=True)
    (data_docs / "index.html").write_text("checks of the night", encoding="utf-8")
    index = build_docs()
    assert index == clean_warehouse / "outbox" / "docs" / "index.html"
    models = (index.parent / "models.html").read_text(encoding="utf-8")
    masked_name = json.dumps("脱敏姓名")[1:-1]  # as the page's script has it
    assert all(text in models for text in ("fct_employment", masked_name, "int_suspicion__paid_twice"))
    with serve(port=0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            served = _read(server.server_port, "data_docs/index.html"), _read(server.server_port, "")
        finally:
            server.shutdown()
            thread.join()
        assert server.server_address[0] == "127.0.0.1"
    assert served == ("checks of the night", index.read_text(encoding="utf-8"))


def _read(port: int, page: str) -> str:
    with urlopen(f"http://127.0.0.1:{port}/{page}", timeout=30) as response:
        return str(response.read().decode())
