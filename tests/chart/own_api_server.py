"""As much of a Kubernetes API as Helm's `lookup` asks for: it knows Secrets, and the ones that it was given."""

from __future__ import annotations

import http.server
import json
import threading
from pathlib import Path

RESOURCES = [
    {"name": name, "singularName": name[:-1], "namespaced": True, "kind": kind, "verbs": ["get", "list", "create"]}
    for name, kind in (("secrets", "Secret"), ("configmaps", "ConfigMap"))
]


class ApiServer:
    def __init__(self, secrets: dict[str, dict[str, str]]):
        """`secrets` are the data of each by its name, in the namespace default."""
        answers = {
            "/version": {"major": "1", "minor": "34", "gitVersion": "v1.34.0"},
            "/api": {"kind": "APIVersions", "versions": ["v1"]},
            "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
            "/api/v1": {"kind": "APIResourceList", "groupVersion": "v1", "resources": RESOURCES},
        }
        for name, data in secrets.items():
            answers[f"/api/v1/namespaces/default/secrets/{name}"] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": data}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = answers.get(self.path.partition("?")[0])
                body = json.dumps(found or {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}).encode()
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def kubeconfig(self, folder: Path) -> Path:
        cluster = {"name": "own", "cluster": {"server": f"http://127.0.0.1:{self.server.server_address[1]}"}}
        context = {"name": "own", "context": {"cluster": "own", "user": "own"}}
        made = folder / "kubeconfig"
        # JSON is YAML.
        made.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context], "users": [{"name": "own"}], "current-context": "own"}))
        return made

    def clean_up(self) -> None:
        self.server.shutdown()
        self.server.server_close()
