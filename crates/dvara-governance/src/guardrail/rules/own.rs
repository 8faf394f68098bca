//! Our own rules beyond the fact sheet: the same attacks in other words and languages. Ids from 101 on.

pub(super) mod extraction;
pub(super) mod indirect;
pub(super) mod injection;
pub(super) mod jailbreak;
