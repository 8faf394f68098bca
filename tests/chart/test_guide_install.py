"""The guide's prerequisites, quick start and secrets, statement by statement. The numbers are those of the checklist."""

import os
import subprocess

import chart
import pytest
import yaml

CHART_YAML = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
QUICK_START = [
    ("secrets.enterpriseLicenseKey", "enterprise-license-key", "DVARA_LICENSE_KEY"),
    ("secrets.gatewayServerApiKey", "gateway-server-api-key", "DVARA_ACTUATOR_API_KEY"),
    ("secrets.gatewayMetricsApiKey", "gateway-metrics-api-key", "DVARA_ACTUATOR_METRICS_API_KEY"),
    ("secrets.gatewayEncryptionMasterPassword", "gateway-encryption-master-password", "DVARA_ENCRYPTION_MASTER_PASSWORD"),
]


def quick_start_flags() -> list[str]:
    """The arguments of the guide's command, its secrets as literals."""
    return [
        *("--set", "secrets.enterpriseLicenseKey=DVARA-x", "--set", "secrets.gatewayServerApiKey=server", "--set", "secrets.gatewayMetricsApiKey=metrics"),
        *("--set", "secrets.gatewayEncryptionMasterPassword=password", "--set-string", "gatewayServer.extraEnv[0].name=DVARA_AUDIT_HMAC_SECRET"),
        *("--set-string", "gatewayServer.extraEnv[0].value=hmac", "--set", "secrets.mockProviderEnabled=true"),
    ]


def quick_start(helm: str = "helm3") -> chart.Render:
    return chart.render(flags=quick_start_flags(), helm=helm)


def set_reaches(helm: str, path: str, key: str, variable: str) -> None:
    """A value given by --set is in the Secret and, by reference, in the gateway's environment."""
    things = chart.render(flags=["--set", f"{path}=given"], helm=helm)
    assert things.secret()[key] == "given"
    assert things.env()[variable]["valueFrom"]["secretKeyRef"] == {"name": "dvara", "key": key, "optional": True}


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s001_runs_on_kubernetes_1_28(helm):
    assert CHART_YAML["kubeVersion"] == ">=1.28.0-0"
    assert chart.render(helm=helm, kube="1.28").all("Deployment")
    assert "incompatible with Kubernetes v1.27.0" in chart.refusal(helm=helm, kube="1.27")


def test_s002_helm_3_lints_and_renders():
    assert "v3." in chart.run("helm3", "version", "--short").stdout
    done = chart.run("helm3", "lint", "--strict", str(chart.CHART))
    assert done.returncode == 0, done.stdout
    for case in chart.CASES:
        assert chart.render(case=case, helm="helm3").all("Deployment")


def test_s004_postgresql_is_not_bundled():
    assert "dependencies" not in CHART_YAML and not (chart.CHART / "charts").exists()
    things = chart.render()
    assert not things.all("StatefulSet")
    assert {container["image"].rpartition("/")[2].partition(":")[0] for one in things.all("Deployment") for container in one["spec"]["template"]["spec"]["containers"]} == {
        "dvara-llm-gateway",
        "dvara-flightdeck",
    }
    assert not [name for kind in ("Service", "Secret", "Deployment") for name in things.names(kind) if "postgres" in name]


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s008_chart_is_called_meridian_and_goes_to_a_registry(helm, registry, tmp_path):
    package = registry.package(helm, tmp_path)
    assert package.name == f"meridian-{CHART_YAML['version']}.tgz"
    assert registry.push(helm, package)
    pulled = chart.run(helm, "template", "dvara", f"oci://{registry.host}/dvarahq/dvara/charts/meridian", "--plain-http", "--kube-version", "1.34.0")
    assert pulled.returncode == 0, pulled.stderr
    assert chart.objects(pulled.stdout).names("Deployment") == {"dvara-server", "dvara-ui"}


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s009_installs_from_the_local_path_with_the_same_arguments(helm):
    """The guide's path, relative and with its slash, from where the clone is."""
    command = [chart.TOOLS / helm, "template", "dvara", "charts/meridian/", "--kube-version", "1.34.0", *quick_start_flags()]
    done = subprocess.run(command, cwd=chart.ROOT, capture_output=True, text=True, env={**os.environ, "KUBECONFIG": "/dev/null"})
    assert done.returncode == 0, done.stderr
    assert chart.objects(done.stdout).secret() == quick_start(helm).secret()


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s011_license_by_set(helm):
    set_reaches(helm, "secrets.enterpriseLicenseKey", "enterprise-license-key", "DVARA_LICENSE_KEY")


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s012_server_key_by_set(helm):
    set_reaches(helm, "secrets.gatewayServerApiKey", "gateway-server-api-key", "DVARA_ACTUATOR_API_KEY")


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s013_metrics_key_by_set(helm):
    set_reaches(helm, "secrets.gatewayMetricsApiKey", "gateway-metrics-api-key", "DVARA_ACTUATOR_METRICS_API_KEY")


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s014_encryption_password_by_set(helm):
    set_reaches(helm, "secrets.gatewayEncryptionMasterPassword", "gateway-encryption-master-password", "DVARA_ENCRYPTION_MASTER_PASSWORD")


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s015_random_base64_survives_unchanged(helm):
    made = [subprocess.run(["openssl", "rand", "-base64", "32"], capture_output=True, text=True, check=True).stdout.strip() for _ in range(4)]
    made[0] = "ab+/" * 10 + "abc="  # what one of them may look like at its worst
    assert all(len(secret) == 44 for secret in made)
    flags = [flag for (path, _, _), secret in zip(QUICK_START, made, strict=True) for flag in ("--set", f"{path}={secret}")]
    flags += ["--set-string", "gatewayServer.extraEnv[0].name=DVARA_AUDIT_HMAC_SECRET", "--set-string", f"gatewayServer.extraEnv[0].value={made[0]}"]
    things = chart.render(flags=flags, helm=helm)
    for (_, _, variable), secret in zip(QUICK_START, made, strict=True):
        for service in ("gatewayServer", "gatewayUi"):
            assert things.effective(variable, service) == secret
    assert things.effective("DVARA_AUDIT_HMAC_SECRET") == made[0]


@pytest.mark.parametrize("helm", chart.HELMS)
def test_s016_extra_env_by_set_string(helm):
    things = chart.render(flags=["--set-string", "gatewayServer.extraEnv[0].name=SOME_NAME", "--set-string", "gatewayServer.extraEnv[0].value=12"], helm=helm)
    assert things.env()["SOME_NAME"] == {"name": "SOME_NAME", "value": "12"}
    assert "SOME_NAME" not in things.env("gatewayUi")


@pytest.mark.parametrize("helm", chart.HELMS)
def test_audit_secret_by_extra_env_reaches_the_gateway_once(helm):
    things = quick_start(helm)
    assert things.effective("DVARA_AUDIT_HMAC_SECRET") == "hmac"
    # Another secret in another service would break the chain.
    assert things.effective("DVARA_AUDIT_HMAC_SECRET", "gatewayUi") == "hmac"


@pytest.mark.parametrize("helm", chart.HELMS)
@pytest.mark.parametrize("given, held", [("true", "true"), ("false", "false"), ("", "")])
def test_mock_provider_as_a_boolean_is_a_text(helm, given, held):
    things = chart.render(flags=["--set", f"secrets.mockProviderEnabled={given}"], helm=helm)
    assert things.effective("MOCK_PROVIDER_ENABLED") == held


@pytest.mark.parametrize("helm", chart.HELMS)
def test_complete_quick_start_renders(helm):
    things = quick_start(helm)
    assert things.names("Deployment") == {"dvara-server", "dvara-ui"}
    assert things.secret()["enterprise-license-key"] == "DVARA-x"


def test_s024_secrets_by_a_file_make_the_same_render():
    from_file = chart.render(
        {
            "secrets": {
                "enterpriseLicenseKey": "DVARA-x",
                "gatewayServerApiKey": "server",
                "gatewayMetricsApiKey": "metrics",
                "gatewayEncryptionMasterPassword": "password",
                "mockProviderEnabled": True,
            },
            "gatewayServer": {"extraEnv": [{"name": "DVARA_AUDIT_HMAC_SECRET", "value": "hmac"}]},
        },
        helm="helm3",
    )
    assert from_file == quick_start()


@pytest.mark.parametrize("helm", chart.HELMS)
def test_provider_keys_by_set(helm):
    things = chart.render(flags=["--set", "secrets.providerKeys.openai=sk-1", "--set", "secrets.providerKeys.anthropic=sk-ant-1"], helm=helm)
    assert things.effective("OPENAI_API_KEY") == "sk-1" and things.effective("ANTHROPIC_API_KEY") == "sk-ant-1"


def test_provider_keys_by_a_file():
    things = chart.render(case="03-providers", helm="helm3")
    assert [things.effective(name) for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")] == ["sk-...", "sk-ant-...", "AIza..."]


# --- secrets.* -------------------------------------------------------------------------------------------------


def test_s065_secret_is_created_by_default():
    assert chart.defaults()["secrets"]["create"] is True
    assert chart.render().names("Secret") == {"dvara"}
    assert not chart.render({"secrets": {"create": False}}).all("Secret")


def test_s066_existing_secret_is_what_all_references_name():
    assert chart.defaults()["secrets"]["existingSecret"] == ""
    things = chart.render({"secrets": {"existingSecret": "mine"}, "mcpProxyServer": {"enabled": True, "serviceMonitor": {"enabled": True}}})
    assert not things.all("Secret")
    named = [entry["valueFrom"]["secretKeyRef"]["name"] for service in chart.SERVICES for entry in things.env(service).values() if "secretKeyRef" in entry.get("valueFrom", {})]
    assert len(named) > 20 and set(named) == {"mine"}
    assert things.get("ServiceMonitor", "dvara-mcp-gateway")["spec"]["endpoints"][0]["authorization"]["credentials"]["name"] == "mine"


def value_becomes_key(path: str, key: str, variable: str, value: object = "given", held: str = "given") -> None:
    """Blank by default, which leaves the key there and empty; given, it is under the key and in the gateway's environment."""
    default = chart.defaults()
    for part in path.split("."):
        default = default[part]
    assert default == ""
    assert chart.render().secret()[key] == ""
    assert chart.render(chart.nested(path, value)).effective(variable) == held


def test_s067_openai_key():
    value_becomes_key("secrets.providerKeys.openai", "openai-api-key", "OPENAI_API_KEY")


def test_s068_anthropic_key():
    value_becomes_key("secrets.providerKeys.anthropic", "anthropic-api-key", "ANTHROPIC_API_KEY")


def test_s069_gemini_key():
    value_becomes_key("secrets.providerKeys.gemini", "gemini-api-key", "GEMINI_API_KEY")


def test_s070_aws_access_key():
    value_becomes_key("secrets.providerKeys.awsAccessKeyId", "aws-access-key-id", "AWS_ACCESS_KEY_ID")


def test_s071_aws_secret_key():
    value_becomes_key("secrets.providerKeys.awsSecretAccessKey", "aws-secret-access-key", "AWS_SECRET_ACCESS_KEY")


@pytest.mark.parametrize("value, held", [("true", "true"), (True, "true"), (False, "false")])
def test_s072_ollama_enabled(value, held):
    value_becomes_key("secrets.ollamaEnabled", "ollama-enabled", "OLLAMA_ENABLED", value, held)


def test_s073_ollama_base_url():
    value_becomes_key("secrets.ollamaBaseUrl", "ollama-base-url", "OLLAMA_BASE_URL", "http://ollama:11434", "http://ollama:11434")


@pytest.mark.parametrize("value, held", [("true", "true"), (True, "true"), (False, "false")])
def test_s074_bedrock_enabled(value, held):
    value_becomes_key("secrets.bedrockEnabled", "bedrock-enabled", "BEDROCK_ENABLED", value, held)


@pytest.mark.parametrize("value, held", [("true", "true"), (True, "true"), (False, "false")])
def test_s075_mock_provider_enabled(value, held):
    value_becomes_key("secrets.mockProviderEnabled", "mock-provider-enabled", "MOCK_PROVIDER_ENABLED", value, held)


def test_secrets_end_where_their_text_ends():
    """A file's last line break would be part of a bearer token."""
    assert chart.render({"secrets": {"gatewayMetricsApiKey": "key\n"}}).secret()["gateway-metrics-api-key"] == "key"


# --- the Secret's keys -----------------------------------------------------------------------------------------

CREATE_FALSE = {"secrets": {"create": False, "existingSecret": "my-external-secret"}}


def test_s169_external_secret():
    things = chart.render(case="08-external-secret")
    assert not things.all("Secret")
    references = [entry["valueFrom"]["secretKeyRef"]["name"] for entry in things.env().values() if "secretKeyRef" in entry.get("valueFrom", {})]
    assert len(references) >= 15 and set(references) == {"my-external-secret"}


def same_name_in_both(key: str) -> None:
    """A key is called the same in the Secret that is created and in the one that is expected."""
    assert key in chart.render().secret()
    expected = {entry["valueFrom"]["secretKeyRef"]["key"] for entry in chart.render(CREATE_FALSE).env().values() if "secretKeyRef" in entry.get("valueFrom", {})}
    assert key in expected


def test_s170_openai_api_key():
    same_name_in_both("openai-api-key")


def test_s171_anthropic_api_key():
    same_name_in_both("anthropic-api-key")


def test_s172_gemini_api_key():
    same_name_in_both("gemini-api-key")


def test_s173_aws_access_key_id():
    same_name_in_both("aws-access-key-id")


def test_s174_aws_secret_access_key():
    same_name_in_both("aws-secret-access-key")


def test_s175_ollama_enabled():
    same_name_in_both("ollama-enabled")


def test_s176_ollama_base_url():
    same_name_in_both("ollama-base-url")


def test_s177_bedrock_enabled():
    same_name_in_both("bedrock-enabled")


def test_s178_mock_provider_enabled():
    same_name_in_both("mock-provider-enabled")


def test_s179_gateway_internal_secret():
    same_name_in_both("gateway-internal-secret")


def test_s180_gateway_encryption_master_password():
    same_name_in_both("gateway-encryption-master-password")


def test_s181_enterprise_license_key():
    same_name_in_both("enterprise-license-key")


def test_s182_irsa_annotation_is_on_the_account_of_the_pod():
    things = chart.render(case="09-irsa")
    account = things.get("ServiceAccount", things.pod()["spec"]["serviceAccountName"])
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/dvara-bedrock"}
    assert things.effective("BEDROCK_ENABLED") == "true" and things.effective("AWS_ACCESS_KEY_ID") == ""
