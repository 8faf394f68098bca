{{/*
Names. Everything is called after the release: the guide's commands say deployment/dvara-server for a release `dvara`.
Cut to 46 characters, so that the longest suffix (-server-cluster, -mcp-gateway) still makes a valid name of 63.
*/}}
{{- define "meridian.fullname" -}}
{{- default .Release.Name .Values.fullnameOverride | trunc 46 | trimSuffix "-" -}}
{{- end -}}

{{/* The three services: what they are called, where they listen, what they run. Everything else about them is in values. */}}
{{- define "meridian.services" -}}
gatewayServer: {suffix: server, component: gateway-server, port: 8080, command: gateway}
gatewayUi: {suffix: ui, component: gateway-ui, port: 8090, command: flightdeck}
mcpProxyServer: {suffix: mcp-gateway, component: mcp-proxy-server, port: 8070, command: mcp}
{{- end -}}

{{/*
One service as its templates see it: (dict "root" $ "key" "gatewayServer") becomes
{root, key, name, values, suffix, component, port, command}.
*/}}
{{- define "meridian.service.of" -}}
{{- $service := get (include "meridian.services" . | fromYaml) .key -}}
{{- $name := printf "%s-%s" (include "meridian.fullname" .root) $service.suffix -}}
{{- mergeOverwrite (dict) $service (dict "key" .key "name" $name "values" (include "meridian.values" . | fromYaml)) | toYaml -}}
{{- end -}}

{{/* The values of a service. `flightdeck` is what later generations call `gatewayUi`; what stands there lies over it. */}}
{{- define "meridian.values" -}}
{{- $values := deepCopy (get .root.Values .key) -}}
{{- if eq .key "gatewayUi" -}}
{{- $values = mergeOverwrite $values (deepCopy (default (dict) .root.Values.flightdeck)) -}}
{{- end -}}
{{- $values | toYaml -}}
{{- end -}}

{{- define "meridian.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name (.root.Chart.Version | replace "+" "_") | trunc 63 | trimSuffix "-" }}
{{ include "meridian.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: dvara
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* What selectors hold never changes: a Deployment's cannot. */}}
{{- define "meridian.selectorLabels" -}}
app.kubernetes.io/name: {{ .service.name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .service.component }}
{{- end -}}

{{/* The head of an object: (dict "root" $ "service" $service "name" "…" "annotations" (dict …)). */}}
{{- define "meridian.metadata" -}}
name: {{ default .service.name .name }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "meridian.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with mergeOverwrite (deepCopy .root.Values.commonAnnotations) (default (dict) .annotations) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* registry/repository[:tag][@digest] of an image: (dict "root" $ "image" …). */}}
{{- define "meridian.image" -}}
{{- $repository := .image.repository -}}
{{- with .root.Values.global.imageRegistry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^[^/]*[.:][^/]*/" $repository "") -}}
{{- end -}}
{{- if .image.digest -}}
{{- printf "%s@%s" $repository .image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .root.Chart.AppVersion .image.tag | toString) -}}
{{- end -}}
{{- end -}}

{{- define "meridian.serviceAccountName" -}}
{{- $account := .service.values.serviceAccount -}}
{{- if $account.create -}}
{{- default .service.name $account.name -}}
{{- else -}}
{{- default "default" $account.name -}}
{{- end -}}
{{- end -}}

{{/* A label's value from any text. */}}
{{- define "meridian.labelValue" -}}
{{- regexReplaceAll "[^A-Za-z0-9._-]" . "-" | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{/* Whether something else than the Deployment sets the number of replicas. */}}
{{- define "meridian.scaled" -}}
{{- if or .autoscaling.enabled .keda.enabled }}true{{ end -}}
{{- end -}}

{{/* The port of a Service; its container listens on a fixed one. */}}
{{- define "meridian.url" -}}
{{- printf "http://%s:%v" .service.name .service.values.service.port -}}
{{- end -}}

{{/* Where Flightdeck and the MCP proxy find the gateway. */}}
{{- define "meridian.gatewayUrl" -}}
{{- if .service.values.gatewayServerUrl -}}
{{- .service.values.gatewayServerUrl -}}
{{- else -}}
{{- $gateway := include "meridian.service.of" (dict "root" .root "key" "gatewayServer") | fromYaml -}}
{{- include "meridian.url" (dict "service" $gateway) -}}
{{- end -}}
{{- end -}}

{{- define "meridian.clusterName" -}}
{{- printf "%s-server-cluster" (include "meridian.fullname" .) -}}
{{- end -}}

{{/* At most 52 characters: a StatefulSet's pods carry its name and a hash in a label. */}}
{{- define "meridian.postgresName" -}}
{{- printf "%s-postgres" (include "meridian.fullname" . | trunc 43 | trimSuffix "-") -}}
{{- end -}}
