//! libFuzzer around [`dvara_fuzz::stream::bedrock`].

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dvara_fuzz::stream::bedrock(data));
