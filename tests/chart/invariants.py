"""What holds for every render, whatever the values. Each function takes the objects of one render and yields complaints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chart import Render

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


def workloads(things: Render) -> Iterator[tuple[str, dict, dict]]:
    """Name, labels and spec of every pod that the objects make."""
    for thing in things:
        where = f"{thing['kind']}/{thing['metadata']['name']}"
        if thing["kind"] == "Pod":
            yield where, thing["metadata"].get("labels", {}), thing["spec"]
        elif thing["kind"] in {"Deployment", "StatefulSet", "Job"}:
            pod = thing["spec"]["template"]
            yield where, pod["metadata"].get("labels", {}), pod["spec"]


def containers(spec: dict) -> list[dict]:
    return [*spec.get("initContainers", []), *spec["containers"]]


def matches(selector: dict, labels: dict) -> bool:
    return selector.items() <= labels.items()


def no_variable_stands_twice(things: Render) -> Iterator[str]:
    for where, _, spec in workloads(things):
        for container in containers(spec):
            names = [entry["name"] for entry in container.get("env", [])]
            for name in {name for name in names if names.count(name) > 1}:
                yield f"{where}: {name} stands twice"


def secret_keys_exist_or_are_optional(things: Render) -> Iterator[str]:
    keys = {secret["metadata"]["name"]: set(secret["data"]) for secret in things.all("Secret")}
    for where, _, spec in workloads(things):
        for container in containers(spec):
            for entry in container.get("env", []):
                reference = entry.get("valueFrom", {}).get("secretKeyRef")
                if reference and not reference.get("optional") and reference["key"] not in keys.get(reference["name"], ()):
                    yield f"{where}: {entry['name']} wants {reference['name']}/{reference['key']}, which need not exist"


def keys_of_our_secret_exist(things: Render) -> Iterator[str]:
    keys = {secret["metadata"]["name"]: set(secret["data"]) for secret in things.all("Secret")}
    for where, _, spec in workloads(things):
        for container in containers(spec):
            for entry in container.get("env", []):
                reference = entry.get("valueFrom", {}).get("secretKeyRef")
                if reference and reference["key"] not in keys.get(reference["name"], {reference["key"]}):
                    yield f"{where}: {entry['name']} reads {reference['key']}, which our Secret has not"


def named_ports_exist(things: Render) -> Iterator[str]:
    pods = list(workloads(things))
    for where, _, spec in pods:
        for container in spec["containers"]:
            own = {port["name"] for port in container.get("ports", [])}
            for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
                for action in ("httpGet", "tcpSocket"):
                    port = container.get(probe, {}).get(action, {}).get("port")
                    if isinstance(port, str) and port not in own:
                        yield f"{where}: {probe} asks for port {port}"
    for service in things.all("Service"):
        for port in service["spec"]["ports"]:
            selected = [spec for _, labels, spec in pods if matches(service["spec"]["selector"], labels)]
            offered = {(p["name"], p.get("protocol", "TCP")) for spec in selected for c in spec["containers"] for p in c.get("ports", [])}
            numbers = {(p["containerPort"], p.get("protocol", "TCP")) for spec in selected for c in spec["containers"] for p in c.get("ports", [])}
            if (port["targetPort"], port.get("protocol", "TCP")) not in offered | numbers:
                yield f"Service/{service['metadata']['name']}: nobody offers port {port['targetPort']}"
    for monitor in things.all("ServiceMonitor"):
        services = selected_services(things, monitor)
        for endpoint in monitor["spec"]["endpoints"]:
            if not any(endpoint["port"] == port["name"] for service in services for port in service["spec"]["ports"]):
                yield f"ServiceMonitor/{monitor['metadata']['name']}: no Service has a port {endpoint['port']}"


def selected_services(things: Render, monitor: dict) -> list[dict]:
    selector = monitor["spec"]["selector"]
    absent = [one["key"] for one in selector.get("matchExpressions", []) if one["operator"] == "DoesNotExist"]
    return [
        service
        for service in things.all("Service")
        if matches(selector["matchLabels"], service["metadata"]["labels"]) and not any(key in service["metadata"]["labels"] for key in absent)
    ]


def monitors_scrape_one_service(things: Render) -> Iterator[str]:
    for monitor in things.all("ServiceMonitor"):
        if (count := len(selected_services(things, monitor))) != 1:
            yield f"ServiceMonitor/{monitor['metadata']['name']} selects {count} Services"


def services_select_one_workload(things: Render) -> Iterator[str]:
    for service in things.all("Service"):
        selected = [where for where, labels, _ in workloads(things) if matches(service["spec"]["selector"], labels)]
        if len(selected) != 1:
            yield f"Service/{service['metadata']['name']} selects {selected}"


def budgets_have_one_field(things: Render) -> Iterator[str]:
    for budget in things.all("PodDisruptionBudget"):
        if len({"minAvailable", "maxUnavailable"} & budget["spec"].keys()) != 1:
            yield f"PodDisruptionBudget/{budget['metadata']['name']} has {sorted(budget['spec'])}"


def policies_and_budgets_select_a_pod(things: Render) -> Iterator[str]:
    for kind, field in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector"), ("PodMonitor", "selector")):
        for thing in things.all(kind):
            selected = [where for where, labels, _ in workloads(things) if matches(thing["spec"][field]["matchLabels"], labels)]
            if len(selected) != 1:
                yield f"{kind}/{thing['metadata']['name']} selects {selected}"


def grace_exceeds_hook_and_drain(things: Render) -> Iterator[str]:
    for deployment in things.all("Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        for container in spec["containers"]:
            hook = container.get("lifecycle", {}).get("preStop", {})
            sleep = hook.get("sleep", {}).get("seconds") or int(hook.get("exec", {}).get("command", [0])[-1])
            if spec["terminationGracePeriodSeconds"] <= sleep + 30:
                yield f"Deployment/{deployment['metadata']['name']}: {spec['terminationGracePeriodSeconds']} s of grace for {sleep} + 30 s"


def policy_peers_are_pods(things: Render) -> Iterator[str]:
    """A peer in this namespace that names labels of ours must be a pod that is there (or a service that is not enabled)."""
    pods = list(workloads(things))
    components = {"gateway-server", "gateway-ui", "mcp-proxy-server", "test"}
    for policy in things.all("NetworkPolicy"):
        rules = [("from", rule) for rule in policy["spec"].get("ingress", [])] + [("to", rule) for rule in policy["spec"].get("egress", [])]
        for direction, rule in rules:
            for peer in rule.get(direction, []):
                labels = peer.get("podSelector", {}).get("matchLabels", {})
                if "namespaceSelector" in peer or "app.kubernetes.io/component" not in labels:
                    continue
                enabled = {pod_labels.get("app.kubernetes.io/component") for _, pod_labels, _ in pods}
                component = labels["app.kubernetes.io/component"]
                if component not in components or (component in enabled and not any(matches(labels, pod_labels) for _, pod_labels, _ in pods)):
                    yield f"NetworkPolicy/{policy['metadata']['name']}: peer {labels} is nobody"


def policy_ports_are_offered(things: Render) -> Iterator[str]:
    for policy in things.all("NetworkPolicy"):
        offered = {
            (port["containerPort"], port.get("protocol", "TCP"))
            for _, labels, spec in workloads(things)
            if matches(policy["spec"]["podSelector"]["matchLabels"], labels)
            for container in spec["containers"]
            for port in container.get("ports", [])
        }
        for rule in policy["spec"]["ingress"]:
            for port in rule.get("ports", []):
                if (port["port"], port["protocol"]) not in offered:
                    yield f"NetworkPolicy/{policy['metadata']['name']}: nobody listens on {port}"


def names_are_valid(things: Render) -> Iterator[str]:
    for thing in things:
        name = thing["metadata"]["name"]
        # The pods of a StatefulSet carry its name and a hash of eleven characters in a label.
        if len(name) > (52 if thing["kind"] == "StatefulSet" else 63) or not NAME.fullmatch(name):
            yield f"{thing['kind']} {name} ({len(name)} characters)"


def label_values_are_valid(things: Render) -> Iterator[str]:
    value = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
    for thing in things:
        for key, text in thing["metadata"].get("labels", {}).items():
            if not isinstance(text, str) or not value.fullmatch(text):
                yield f"{thing['kind']}/{thing['metadata']['name']}: {key}={text!r}"
    for where, labels, _ in workloads(things):
        for key, text in labels.items():
            if not isinstance(text, str) or not value.fullmatch(text):
                yield f"{where}: pod label {key}={text!r}"


def no_object_stands_twice(things: Render) -> Iterator[str]:
    ids = [(thing["kind"], thing["metadata"]["name"]) for thing in things]
    for twice in {one for one in ids if ids.count(one) > 1}:
        yield f"{twice} is rendered twice"


def objects_are_in_the_namespace(things: Render) -> Iterator[str]:
    for thing in things:
        if "{{" not in str(thing) and thing["metadata"].get("namespace", "default") != "default":
            yield f"{thing['kind']}/{thing['metadata']['name']} is in {thing['metadata']['namespace']}"


def replicas_have_one_owner(things: Render) -> Iterator[str]:
    """Helm 4 applies on the server: a field that a scaler owns must not be there."""
    scaled = [thing["spec"]["scaleTargetRef"]["name"] for kind in ("HorizontalPodAutoscaler", "ScaledObject") for thing in things.all(kind)]
    for deployment in things.all("Deployment"):
        name = deployment["metadata"]["name"]
        owners = scaled.count(name) + ("replicas" in deployment["spec"])
        if owners != 1:
            yield f"Deployment/{name}: {owners} set the number of replicas"
    yield from (f"{name} is scaled and is no Deployment" for name in scaled if name not in things.names("Deployment"))


def volumes_exist(things: Render) -> Iterator[str]:
    maps = things.names("ConfigMap")
    for where, labels, spec in workloads(things):
        claimed = {"data"} if where.startswith("StatefulSet/") else set()
        volumes = {volume["name"] for volume in spec.get("volumes", [])} | claimed
        for container in containers(spec):
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f"{where}: there is no volume {mount['name']}"
        for volume in spec.get("volumes", []):
            if volume["name"] == "config" and volume["configMap"]["name"] not in maps:
                yield f"{where}: there is no ConfigMap {volume['configMap']['name']}"


def our_pods_are_restricted(things: Render) -> Iterator[str]:
    """What the Pod Security level `restricted` asks for, and the read-only file system of the guide."""
    for where, labels, spec in workloads(things):
        if spec["automountServiceAccountToken"] is not False:
            yield f"{where} gets a token"
        if spec["securityContext"].get("runAsNonRoot") is not True or spec["securityContext"].get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{where}: {spec['securityContext']}"
        for container in containers(spec):
            if container["image"].startswith("registry.example.com/") and "/dvara" not in container["image"]:
                continue  # an operator's own container, from a case in ci/
            security = container["securityContext"]
            if security["allowPrivilegeEscalation"] is not False or security["capabilities"] != {"drop": ["ALL"]}:
                yield f"{where}/{container['name']}: {security}"


ALL = [
    no_variable_stands_twice,
    secret_keys_exist_or_are_optional,
    keys_of_our_secret_exist,
    named_ports_exist,
    monitors_scrape_one_service,
    services_select_one_workload,
    budgets_have_one_field,
    policies_and_budgets_select_a_pod,
    grace_exceeds_hook_and_drain,
    policy_peers_are_pods,
    policy_ports_are_offered,
    names_are_valid,
    label_values_are_valid,
    no_object_stands_twice,
    objects_are_in_the_namespace,
    replicas_have_one_owner,
    volumes_exist,
    our_pods_are_restricted,
]
