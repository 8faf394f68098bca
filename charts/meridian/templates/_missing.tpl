{{/* What a start of the services needs and these values do not give, as a list. */}}
{{- define "meridian.missing" -}}
{{- $secrets := .Values.secrets -}}
{{- $own := and $secrets.create (not $secrets.existingSecret) -}}
{{- $env := dict -}}
{{- range include "meridian.env.own" .Values.gatewayServer | fromYamlArray -}}{{- $_ := set $env .name true -}}{{- end -}}
{{- $missing := list -}}
{{- if and $own (not $secrets.enterpriseLicenseKey) (not $env.DVARA_LICENSE_KEY) -}}
{{- $missing = append $missing "secrets.enterpriseLicenseKey (the services do not start without a license)" -}}
{{- end -}}
{{- if and $own (not $secrets.auditHmacSecret) (not $env.DVARA_AUDIT_HMAC_SECRET) -}}
{{- $missing = append $missing "secrets.auditHmacSecret (the services do not start without it)" -}}
{{- end -}}
{{- if and $own (not $secrets.gatewayServerApiKey) (not $env.DVARA_ACTUATOR_API_KEY) -}}
{{- $missing = append $missing "secrets.gatewayServerApiKey (every authenticated actuator path answers 401)" -}}
{{- end -}}
{{- if and $own (not $secrets.gatewayMetricsApiKey) (not $env.DVARA_ACTUATOR_METRICS_API_KEY) -}}
{{- $missing = append $missing "secrets.gatewayMetricsApiKey (every scrape answers 401)" -}}
{{- end -}}
{{- if and $own (not $secrets.gatewayEncryptionMasterPassword) (not $env.DVARA_ENCRYPTION_MASTER_PASSWORD) -}}
{{- $missing = append $missing "secrets.gatewayEncryptionMasterPassword (credentials cannot be stored encrypted)" -}}
{{- end -}}
{{- if and (not (include "meridian.databaseUrl" .)) (not $env.SPRING_DATASOURCE_URL) -}}
{{- $missing = append $missing "database.url or database.host (the services do not start without PostgreSQL)" -}}
{{- end -}}
{{- $missing | toYaml -}}
{{- end -}}
