//! libFuzzer around [`dvara_fuzz::event_stream::check`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::event_stream::check(data));
