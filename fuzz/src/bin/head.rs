//! libFuzzer around [`dvara_fuzz::head::check`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::head::check(data));
