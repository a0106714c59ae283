"""The workspace that delivers to crm.py: docs/examples/ledger-crm.json, adapted."""
import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def workspace(crm, batch, concurrency=8):
    with open(os.path.join(ROOT, "docs", "examples", "ledger-crm.json")) as file:
        config = json.load(file)
    connection = config["connections"][0]
    connection.pop("secret", None)
    connection["limits"] = {"concurrency": concurrency, "retries": 8, "first_ms": 50}
    settings = connection["settings"]
    settings["base_url"] = f"http://127.0.0.1:{crm.port}"
    settings["auth"] = {"kind": "none"}
    settings["index_lag_ms"] = int(crm.search_lag * 1000) + 100
    if not batch:
        settings.pop("batch")
        settings["batch_max"] = 1
        settings["create"] = {"method": "POST", "path": "/contacts", "id": "$.id",
                              "error": "$.error"}
    return config
