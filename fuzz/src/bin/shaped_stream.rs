//! libFuzzer around [`dvara_fuzz::stream::shaped`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::stream::shaped(data));
