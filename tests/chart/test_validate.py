"""What can never work is refused by validate.yaml, with what to do about it."""

import chart
import pytest

KEYS = {"gatewayServerApiKey": "same", "gatewayMetricsApiKey": "same"}
REFUSED = [
    ({"secrets": KEYS}, "secrets.gatewayMetricsApiKey equals secrets.gatewayServerApiKey: a leaked scrape token would open the whole actuator. Make a second key with `openssl rand -base64 32`."),
    (
        {"gatewayServer": {"autoscaling": {"enabled": True}, "keda": {"enabled": True, "triggers": [{"type": "cpu"}]}}},
        "gatewayServer.autoscaling.enabled and gatewayServer.keda.enabled are both true: two controllers would fight over the replicas. Disable one.",
    ),
    ({"gatewayUi": {"keda": {"enabled": True}}}, "gatewayUi.keda.enabled is true and gatewayUi.keda.triggers is empty: there is nothing to scale by. Add a trigger."),
    (
        {"mcpProxyServer": {"enabled": True, "serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
        "mcpProxyServer.serviceMonitor.enabled and mcpProxyServer.podMonitor.enabled are both true: every pod would be scraped twice. Disable one.",
    ),
    ({"gatewayServer": {"autoscaling": {"enabled": True, "minReplicas": 11}}}, "gatewayServer.autoscaling.minReplicas (11) is above maxReplicas (10)."),
    (
        {"gatewayServer": {"keda": {"enabled": True, "minReplicas": 11, "triggers": [{"type": "cpu"}]}}},
        "gatewayServer.keda.minReplicas (11) is above maxReplicas (10).",
    ),
    (
        {"gatewayServer": {"preStopSleepSeconds": 15}},
        "gatewayServer.terminationGracePeriodSeconds (45) must exceed preStopSleepSeconds (15) plus the 30 s in which calls under way may end.",
    ),
    ({"gatewayServer": {"httpRoute": {"enabled": True}}}, "gatewayServer.httpRoute.enabled is true and gatewayServer.httpRoute.parentRefs is empty: name the Gateway that it is for."),
    (
        {"gatewayServer": {"enabled": False}},
        "gatewayUi is enabled and gatewayServer is not: say where the gateway is with gatewayUi.gatewayServerUrl, or disable it.",
    ),
    (
        {"gatewayServer": {"enabled": False}, "gatewayUi": {"enabled": False}, "mcpProxyServer": {"enabled": True}},
        "mcpProxyServer is enabled and gatewayServer is not: say where the gateway is with mcpProxyServer.gatewayServerUrl, or disable it.",
    ),
    ({"devPostgres": {"enabled": True}}, "devPostgres.enabled is true and devPostgres.password is empty: set one; the chart makes none up."),
    (
        {"gatewayServer": {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}},
        "gatewayServer.rollingUpdate.maxSurge and maxUnavailable are both 0: an update could not replace a single pod. Raise one.",
    ),
    (
        {"secrets": {"strict": True, "enterpriseLicenseKey": "DVARA-x"}},
        "secrets.strict is true and this is missing: secrets.auditHmacSecret (the services do not start without it), secrets.gatewayServerApiKey "
        "(every authenticated actuator path answers 401), secrets.gatewayMetricsApiKey (every scrape answers 401), secrets.gatewayEncryptionMasterPassword "
        "(credentials cannot be stored encrypted), database.url or database.host (the services do not start without PostgreSQL)",
    ),
]


@pytest.mark.parametrize("helm", chart.HELMS)
@pytest.mark.parametrize("values, message", REFUSED, ids=[message.partition(" ")[0] for _, message in REFUSED])
def test_refuses(values, message, helm):
    assert message in chart.refusal(values, helm=helm)


TAKEN = {
    "no secret at all, as the guide's first commands": {},
    "equal keys in a Secret that is not ours": {"secrets": {**KEYS, "create": False, "existingSecret": "mine"}},
    "no keys": {"secrets": {"gatewayServerApiKey": "", "gatewayMetricsApiKey": ""}},
    "a mode that fits no replicas and has them": {"gatewayServer": {"gatewayMode": "standalone", "replicaCount": 3}},
    "neither Secret": {"secrets": {"create": False}},
    "a gateway elsewhere": {"gatewayServer": {"enabled": False}, "gatewayUi": {"gatewayServerUrl": "http://gateway.other:8080"}},
    "what is disabled may be contradictory": {"mcpProxyServer": {"autoscaling": {"enabled": True}, "keda": {"enabled": True}}},
    "no hook": {"gatewayServer": {"preStopSleepSeconds": 0, "terminationGracePeriodSeconds": 31}},
    "a password of the database for its development server": {"devPostgres": {"enabled": True}, "secrets": {"datasourcePassword": "x"}},
    "a surge in percent": {"gatewayServer": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}},
    "everything by the environment, strictly": {
        "secrets": {"strict": True},
        "gatewayServer": {
            "env": {name: "x" for name in ["DVARA_LICENSE_KEY", "DVARA_AUDIT_HMAC_SECRET", "DVARA_ACTUATOR_API_KEY", "DVARA_ACTUATOR_METRICS_API_KEY", "DVARA_ENCRYPTION_MASTER_PASSWORD"]},
            "extraEnv": [{"name": "SPRING_DATASOURCE_URL", "value": "jdbc:postgresql://db/dvara"}],
        },
    },
}


@pytest.mark.parametrize("what", TAKEN)
def test_takes(what):
    assert chart.render(TAKEN[what]).all("Deployment")
