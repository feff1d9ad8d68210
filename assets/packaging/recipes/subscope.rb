# Homebrew formula.
class Subscope < Formula
  desc "Terminal dashboard for Redis Pub/Sub"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/subscope-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@MAC_ARM@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/subscope-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@MAC_X86@"
    end
  end

  on_linux do
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/subscope-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@LINUX_ARM@"
    end
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/subscope-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@LINUX_X86@"
    end
  end

  def install
    bin.install "subscope"
    man1.install Dir["man/*.1"]
    man7.install Dir["man/*.7"]
    bash_completion.install "completions/subscope.bash" => "subscope"
    zsh_completion.install "completions/_subscope"
    fish_completion.install "completions/subscope.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/subscope --version")
  end
end
