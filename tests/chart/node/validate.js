// Reads a list of custom objects and prints, for each, what the model of its kind finds wrong with it, or null.
import { readFileSync } from "node:fs";
import { HTTPRoute } from "@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1";
import { ScaledObject } from "@kubernetes-models/keda/keda.sh/v1alpha1";
import { PodMonitor, PrometheusRule, ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";

const models = { HTTPRoute, PodMonitor, PrometheusRule, ScaledObject, ServiceMonitor };

function judge(object) {
  const Model = models[object.kind];
  if (!Model || Model.apiVersion !== object.apiVersion) return `there is no model of ${object.apiVersion} ${object.kind}`;
  try {
    new Model(object).validate();
    return null;
  } catch (error) {
    return error.message;
  }
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(judge)));
