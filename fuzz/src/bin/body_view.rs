//! libFuzzer around [`dvara_fuzz::body_view::check`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::body_view::check(data));
