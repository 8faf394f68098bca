//! `cache_control` → cache points, which stand behind what they mark (Bedrock, Prompt caching).

use serde_json::value::RawValue;

use super::model::{Cache, Model};
use crate::fields::Drops;
use crate::json;

const POINT: &str = "{\"cachePoint\":{\"type\":\"default\"}}";
const FOR_AN_HOUR: &str = "{\"cachePoint\":{\"type\":\"default\",\"ttl\":\"1h\"}}";

/// The cache point behind a block of a message or of the system prompt; `None` where the model takes none.
pub(super) fn of_block(
    mark: &RawValue,
    is_result: bool,
    model: &Model,
    drops: &mut Drops,
) -> Option<&'static str> {
    if model.cache == Cache::Nowhere || (model.cache == Cache::Prompts && is_result) {
        drops.add(
            "messages.cache_control",
            "this model takes no cache point there",
        );
        return None;
    }
    Some(point(mark, model, "messages.cache_control.ttl", drops))
}

/// The cache point behind a tool; `None` where the model takes none.
pub(super) fn of_tool(mark: &RawValue, model: &Model, drops: &mut Drops) -> Option<&'static str> {
    if matches!(model.cache, Cache::Nowhere | Cache::Prompts) {
        drops.add(
            "tools.cache_control",
            "this model takes no cache points among tools",
        );
        return None;
    }
    Some(point(mark, model, "tools.cache_control.ttl", drops))
}

/// Five minutes are what a point without a time means.
fn point(mark: &RawValue, model: &Model, field: &'static str, drops: &mut Drops) -> &'static str {
    let members = json::members(mark).unwrap_or_default();
    let ttl = members.iter().find(|member| member.key == "ttl");
    let ttl = ttl.and_then(|ttl| json::string(ttl.value));
    match ttl.as_deref() {
        Some("1h") if model.cache == Cache::EverywhereForAnHour => FOR_AN_HOUR,
        None | Some("5m") => POINT,
        Some(_) => {
            drops.add(field, "this model's cache keeps for five minutes");
            POINT
        }
    }
}
