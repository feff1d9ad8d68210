//! Decoders of the user's own as processes that the built program starts.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::support::pty::{Launch, Pty};
use crate::support::redis::Redis;

/// The page of the manual with the sample.
const MANUAL: &str = include_str!("../../assets/manual/messages.md");

/// `{"id": 7, "price": 1.5, "note": "mug"}`, in the format of the sample.
const ORDER: &[u8] = b"\x00\x00\x00\x07\x3f\xf8\x00\x00\x00\x00\x00\x00mug";

/// Writes the sample of the manual into a folder.
fn sample(folder: &TempDir) -> PathBuf {
    let start = MANUAL.find("    import json, struct, sys").unwrap();
    let lines = MANUAL[start..].lines();
    let lines = lines.take_while(|line| line.is_empty() || line.starts_with("    "));
    let lines: Vec<&str> = lines
        .map(|line| line.strip_prefix("    ").unwrap_or(line))
        .collect();
    let path = folder.path().join("orders.py");
    fs::write(&path, lines.join("\n")).unwrap();
    path
}

/// Starts the program with these lines in its config file, on a server that has published a message
/// with this payload.
fn start(redis: &Redis, folder: &TempDir, decoder: &str, payload: &[u8]) -> Pty {
    let config = folder.path().join("config.toml");
    fs::write(&config, decoder).unwrap();
    let pty = Launch::subscope(&["-u", &redis.url()])
        .env("SUBSCOPE_CONFIG", config.to_str().unwrap())
        .env("OUT", folder.path().join("out").to_str().unwrap())
        .size(160, 40)
        .start();
    pty.wait_for_text("subscribed to pattern *");
    redis.send(&[b"publish", b"orders", payload]);
    pty
}

#[test]
fn the_sample_of_the_manual_decodes_rows_and_the_open_message() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let script = sample(&folder);
    let decoder = format!(
        "[[decoder]]\nname = \"orders\"\nchannel = \"order*\"\ncommand = [\"python3\", {:?}]\n\
         timeout = 60000\n",
        script.to_str().unwrap()
    );
    let mut pty = start(&redis, &folder, &decoder, ORDER);
    pty.wait_for_text(r#"{"id":7,"price":1.5,"note":"mug"}"#);
    pty.send(" \r\r");
    pty.wait_for_text("decoded by orders");
    pty.wait_for_text("price: 1.5");
    pty.send("q");
    // What it cannot decode ends it.
    redis.send(&[b"publish", b"orders", b"short"]);
    pty.wait_for_text("1 newer");
    pty.send("G");
    pty.wait_for_text("short");
    pty.send(" \r");
    pty.wait_for_text("decoder orders: ended before it answered");
    pty.wait_for_text("struct.error");
    pty.send("qqq");
    pty.wait_for_exit();
}

#[test]
fn a_decoder_that_hangs_is_killed_and_nothing_outlives_the_program() {
    let redis = Redis::start();
    let folder = tempfile::tempdir().unwrap();
    let decoder = "[[decoder]]\nname = \"hangs\"\nchannel = \"*\"\ntimeout = 500\n\
         command = \"trap '' TERM; echo $$ > $OUT; sleep 1000; sleep 1000\"\n";
    let mut pty = start(&redis, &folder, decoder, b"text");
    pty.wait_for_text("text");
    pty.send(" \r");
    pty.wait_for_text("decoder hangs: no answer within 500 ms");
    pty.send("qq");
    pty.wait_for_exit();
    let child = fs::read_to_string(folder.path().join("out")).unwrap();
    let child = Path::new("/proc").join(child.trim());
    let status = fs::read_to_string(child.join("stat")).unwrap_or_default();
    assert!(status.is_empty() || status.contains(") Z "), "{status}");
}
