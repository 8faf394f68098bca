//! The block `time_of_day`.

use chrono::Weekday;
use chrono_tz::{TZ_VARIANTS, Tz};

use super::Reading;
use super::fields::{Fields, Text, text_of};
use crate::policy::condition::{Condition, Days, TimeOfDay, Window};
use crate::policy::document::Node;
use crate::policy::hint;

const MINUTES_OF_A_DAY: u32 = 24 * 60;

/// Days by their English names; three letters do.
const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

/// Reads the block; the time zone is UTC when it is not said.
pub(super) fn read(node: Node, reading: &mut Reading) -> Option<Condition> {
    const KEYS: [&str; 3] = ["timezone", "deny_hours", "deny_days"];
    let mut fields = Fields::open(node, "`time_of_day`", &KEYS, reading)?;
    let zone = match fields.take("timezone") {
        None => Some(Tz::UTC),
        Some(entry) => {
            text_of(entry.value, "timezone", reading).and_then(|name| zone(&name, reading))
        }
    };
    let hours = fields.list("deny_hours", reading);
    let days = fields.texts("deny_days", reading);
    if hours.is_empty() && days.is_empty() {
        fields.note_empty("a list `deny_hours` or `deny_days`", reading);
        return None;
    }
    let windows: Vec<Option<Window>> = hours
        .into_iter()
        .map(|item| window(item, reading))
        .collect();
    let mut denied = Days::default();
    for day in days {
        denied.add(weekday(&day, reading)?);
    }
    Some(Condition::TimeOfDay(TimeOfDay {
        zone: zone?,
        windows: windows.into_iter().collect::<Option<_>>()?,
        days: denied,
    }))
}

fn zone(name: &Text, reading: &mut Reading) -> Option<Tz> {
    let zone = name.text.parse().ok();
    if zone.is_none() {
        let message = format!("unknown time zone `{}`", name.text);
        let hint = hint::did_you_mean(&name.text, TZ_VARIANTS.map(Tz::name))
            .unwrap_or_else(|| "use a name of the IANA database, like `Europe/Berlin`".to_owned());
        reading.mistakes.note(name.place, message, Some(hint));
    }
    zone
}

fn weekday(name: &Text, reading: &mut Reading) -> Option<Weekday> {
    let word = name.text.to_ascii_lowercase();
    let day = DAYS
        .into_iter()
        .find(|(day, _)| *day == word || day[..3] == *word);
    if day.is_none() {
        let message = format!("unknown day `{}`", name.text);
        let hint = hint::did_you_mean(&word, DAYS.map(|(day, _)| day))
            .unwrap_or_else(|| "use MON to SUN".to_owned());
        reading.mistakes.note(name.place, message, Some(hint));
    }
    day.map(|(_, day)| day)
}

fn window(node: Node, reading: &mut Reading) -> Option<Window> {
    let mut fields = Fields::open(node, "an item of `deny_hours`", &["start", "end"], reading)?;
    let start = bound(&mut fields, "start", reading);
    let end = bound(&mut fields, "end", reading);
    let window = Window {
        start: start?,
        end: end?,
    };
    if window.start == MINUTES_OF_A_DAY || window.start == window.end {
        let message = "a window must begin before 24:00 and end at another time than it begins";
        let hint = "for whole days use `deny_days`".to_owned();
        reading.mistakes.note(fields.place, message, Some(hint));
        return None;
    }
    Some(window)
}

fn bound(fields: &mut Fields, key: &str, reading: &mut Reading) -> Option<u32> {
    let Some(entry) = fields.take(key) else {
        fields.note_missing(key, reading);
        return None;
    };
    let written = text_of(entry.value, key, reading)?;
    let minutes = minutes(&written.text);
    if minutes.is_none() {
        let message = format!("`{key}` must be a time like \"08:30\", from 00:00 to 24:00");
        reading.mistakes.note(written.place, message, None);
    }
    minutes
}

/// Minutes since midnight of `HH:MM`.
fn minutes(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let both_are = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        both_are.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= MINUTES_OF_A_DAY).then_some(total)
}
