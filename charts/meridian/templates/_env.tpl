{{/*
The environment of a service's container, each name once. What stands lower wins:
  1. what the chart computes     2. for Flightdeck and the MCP proxy: database and audit secret of the gateway's own env
  3. env of the service (a map)  4. extraEnv of the service (a list)
*/}}
{{- define "meridian.env" -}}
{{- $layers := list (include "meridian.env.computed" . | fromYamlArray) -}}
{{- if ne .service.key "gatewayServer" -}}
{{- $layers = append $layers (include "meridian.env.inherited" . | fromYamlArray) -}}
{{- end -}}
{{- $layers = append $layers (include "meridian.env.own" .service.values | fromYamlArray) -}}
{{- $entries := dict -}}
{{- $names := list -}}
{{- range $layer := $layers -}}
{{- range $entry := $layer -}}
{{- if not (hasKey $entries $entry.name) -}}{{- $names = append $names $entry.name -}}{{- end -}}
{{- $_ := set $entries $entry.name $entry -}}
{{- end -}}
{{- end -}}
{{- $list := list -}}
{{- range $name := $names -}}
{{- $list = append $list (get $entries $name) -}}
{{- end -}}
{{- $list | toYaml -}}
{{- end -}}

{{/* `env` and `extraEnv` of a service as one list. */}}
{{- define "meridian.env.own" -}}
{{- $list := list -}}
{{- range $name, $value := .env -}}
{{- $list = append $list (dict "name" $name "value" (toString $value)) -}}
{{- end -}}
{{- $list = concat $list .extraEnv -}}
{{- $list | toYaml -}}
{{- end -}}

{{/* The guide sets database and audit secret on the gateway alone, and all services need them. */}}
{{- define "meridian.env.inherited" -}}
{{- $shared := list "SPRING_DATASOURCE_URL" "SPRING_DATASOURCE_USERNAME" "SPRING_DATASOURCE_PASSWORD" "DVARA_AUDIT_HMAC_SECRET" -}}
{{- $list := list -}}
{{- range $entry := include "meridian.env.own" .root.Values.gatewayServer | fromYamlArray -}}
{{- if has $entry.name $shared -}}{{- $list = append $list $entry -}}{{- end -}}
{{- end -}}
{{- $list | toYaml -}}
{{- end -}}

{{- define "meridian.env.computed" -}}
{{- $secret := include "meridian.secretName" .root -}}
{{- range $name, $key := include "meridian.secretEnv" . | fromYaml }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef:
      name: {{ $secret }}
      key: {{ $key }}
      optional: true
{{- end }}
{{- include "meridian.env.database" .root }}
{{- with .service.values.javaOpts }}
- name: JAVA_OPTS
  value: {{ . | quote }}
{{- end }}
{{- if eq .service.key "gatewayServer" }}
{{- include "meridian.env.gateway" . }}
{{- else if eq .service.key "gatewayUi" }}
- name: DVARA_FLIGHTDECK_GATEWAY_URL
  value: {{ include "meridian.gatewayUrl" . | quote }}
{{- else }}
- name: DVARA_MCP_GATEWAY_GATEWAY_URL
  value: {{ include "meridian.gatewayUrl" . | quote }}
{{- end }}
{{- end -}}

{{/* Where the database is, when values say so. After the Secret's entries, so that a password of its own Secret wins. */}}
{{- define "meridian.env.database" -}}
{{- with include "meridian.databaseUrl" . }}
- name: SPRING_DATASOURCE_URL
  value: {{ . | quote }}
{{- end }}
{{- with ternary $.Values.devPostgres.username .Values.database.username (and .Values.devPostgres.enabled (not .Values.database.username)) }}
- name: SPRING_DATASOURCE_USERNAME
  value: {{ . | quote }}
{{- end }}
{{- with .Values.database.existingSecret }}
- name: SPRING_DATASOURCE_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $.Values.database.existingSecretKey }}
      optional: true
{{- end }}
{{- end -}}

{{- define "meridian.databaseUrl" -}}
{{- $database := .Values.database -}}
{{- if $database.url -}}
{{- $database.url -}}
{{- else if $database.host -}}
{{- printf "jdbc:postgresql://%s:%v/%s" $database.host $database.port $database.name -}}
{{- else if .Values.devPostgres.enabled -}}
{{- printf "jdbc:postgresql://%s:5432/%s" (include "meridian.postgresName" .) .Values.devPostgres.database -}}
{{- end -}}
{{- end -}}

{{- define "meridian.env.gateway" -}}
{{- $values := .service.values }}
- name: DVARA_LLM_GATEWAY_MODE
  value: {{ $values.gatewayMode | quote }}
{{- with $values.region.id }}
- name: DVARA_REGION_ID
  value: {{ . | quote }}
{{- end }}
{{- with $values.region.name }}
- name: DVARA_REGION_NAME
  value: {{ . | quote }}
{{- end }}
{{- if $values.clustering.enabled }}
- name: KUBERNETES_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: CACHE_SERVICE_NAME
  value: {{ include "meridian.clusterName" .root }}
{{- end }}
{{- if $values.gatewayConfig }}
- name: DVARA_CONFIG_FILE
  value: /etc/dvara/gateway.yaml
{{- end }}
{{- end -}}
