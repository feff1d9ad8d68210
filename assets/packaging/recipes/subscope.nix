# Nix: nix-env -if subscope.nix, or callPackage ./subscope.nix { }.
{ pkgs ? import <nixpkgs> { } }:

pkgs.rustPlatform.buildRustPackage rec {
  pname = "subscope";
  version = "@VERSION@";
  src = builtins.fetchGit {
    url = "@REPOSITORY@";
    ref = "refs/tags/v@VERSION@";
  };
  cargoLock.lockFile = "${src}/Cargo.lock";
  # The tests start Redis servers; the release has run them.
  doCheck = false;
  nativeBuildInputs = [ pkgs.installShellFiles ];
  postInstall = ''
    mkdir man
    $out/bin/subscope man --write man
    installManPage man/*
    installShellCompletion --cmd subscope \
      --bash <($out/bin/subscope completions bash) \
      --zsh <($out/bin/subscope completions zsh) \
      --fish <($out/bin/subscope completions fish)
  '';
  meta = {
    description = "Terminal dashboard for Redis Pub/Sub";
    homepage = "@REPOSITORY@";
    license = pkgs.lib.licenses.mit;
    mainProgram = "subscope";
  };
}
