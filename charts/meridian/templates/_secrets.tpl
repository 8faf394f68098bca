{{/* The Secret that the pods read. */}}
{{- define "meridian.secretName" -}}
{{- default (include "meridian.fullname" .) .Values.secrets.existingSecret -}}
{{- end -}}

{{/*
The keys of the Secret and their values. The first twelve are the guide's; the last four are those it forgot, by the names that
its own examples use. Every key exists, empty where nothing is given: to the services blank means unset.
*/}}
{{- define "meridian.secretData" -}}
{{- $secrets := .Values.secrets -}}
openai-api-key: {{ $secrets.providerKeys.openai | toString | trim | quote }}
anthropic-api-key: {{ $secrets.providerKeys.anthropic | toString | trim | quote }}
gemini-api-key: {{ $secrets.providerKeys.gemini | toString | trim | quote }}
aws-access-key-id: {{ $secrets.providerKeys.awsAccessKeyId | toString | trim | quote }}
aws-secret-access-key: {{ $secrets.providerKeys.awsSecretAccessKey | toString | trim | quote }}
ollama-enabled: {{ $secrets.ollamaEnabled | toString | trim | quote }}
ollama-base-url: {{ $secrets.ollamaBaseUrl | toString | trim | quote }}
bedrock-enabled: {{ $secrets.bedrockEnabled | toString | trim | quote }}
mock-provider-enabled: {{ $secrets.mockProviderEnabled | toString | trim | quote }}
gateway-internal-secret: {{ $secrets.gatewayInternalSecret | toString | trim | quote }}
gateway-encryption-master-password: {{ $secrets.gatewayEncryptionMasterPassword | toString | trim | quote }}
enterprise-license-key: {{ $secrets.enterpriseLicenseKey | toString | trim | quote }}
gateway-server-api-key: {{ $secrets.gatewayServerApiKey | toString | trim | quote }}
gateway-metrics-api-key: {{ $secrets.gatewayMetricsApiKey | toString | trim | quote }}
audit-hmac-secret: {{ $secrets.auditHmacSecret | toString | trim | quote }}
spring-datasource-password: {{ default (ternary .Values.devPostgres.password "" .Values.devPostgres.enabled) $secrets.datasourcePassword | toString | trim | quote }}
{{- end -}}

{{/* Which key of the Secret becomes which variable, for all services and for the gateway alone. */}}
{{- define "meridian.secretEnv" -}}
DVARA_LICENSE_KEY: enterprise-license-key
DVARA_ENCRYPTION_MASTER_PASSWORD: gateway-encryption-master-password
DVARA_ACTUATOR_API_KEY: gateway-server-api-key
DVARA_ACTUATOR_METRICS_API_KEY: gateway-metrics-api-key
DVARA_AUDIT_HMAC_SECRET: audit-hmac-secret
SPRING_DATASOURCE_PASSWORD: spring-datasource-password
{{- if eq .service.key "gatewayServer" }}
DVARA_INTERNAL_SECRET: gateway-internal-secret
OPENAI_API_KEY: openai-api-key
ANTHROPIC_API_KEY: anthropic-api-key
GEMINI_API_KEY: gemini-api-key
AWS_ACCESS_KEY_ID: aws-access-key-id
AWS_SECRET_ACCESS_KEY: aws-secret-access-key
OLLAMA_ENABLED: ollama-enabled
OLLAMA_BASE_URL: ollama-base-url
BEDROCK_ENABLED: bedrock-enabled
MOCK_PROVIDER_ENABLED: mock-provider-enabled
{{- end }}
{{- end -}}

{{/* Changes when a value that this service's pods read does, and only then. */}}
{{- define "meridian.secretChecksum" -}}
{{- $data := include "meridian.secretData" .root | fromYaml -}}
{{- $read := values (include "meridian.secretEnv" . | fromYaml) -}}
{{- $picked := dict -}}
{{- range $key := $read -}}
{{- $_ := set $picked $key (get $data $key) -}}
{{- end -}}
{{- $picked | toJson | sha256sum -}}
{{- end -}}
