//! libFuzzer around [`dvara_fuzz::stream::anthropic`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::stream::anthropic(data));
