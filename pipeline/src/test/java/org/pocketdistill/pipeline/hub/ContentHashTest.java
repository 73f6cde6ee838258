package org.pocketdistill.pipeline.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContentHashTest {
  /** {@code printf 'hello\n' | git hash-object --stdin} and {@code | sha256sum}. */
  private static final String GIT = "ce013625030ba8dba906f756967f9e9ca394464a";

  private static final String SHA256 =
      "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

  @TempDir private Path folder;

  @Test
  void isWhatGitAndSha256sumSay() throws IOException {
    Path file = Files.writeString(folder.resolve("hello"), "hello\n");

    assertThat(ContentHash.ofEtag(GIT).orElseThrow().of(file)).isEqualTo(GIT);
    assertThat(ContentHash.ofEtag(SHA256).orElseThrow().of(file)).isEqualTo(SHA256);
  }

  @Test
  void readsETagsWithQuotesAndWeakOnes() {
    assertThat(ContentHash.ofEtag("\"" + GIT + "\"")).contains(new ContentHash(GIT));
    assertThat(ContentHash.ofEtag("W/\"" + SHA256 + "\"")).contains(new ContentHash(SHA256));
    assertThat(ContentHash.ofEtag("\"abc-12\"")).isEmpty();
    assertThat(ContentHash.ofEtag("../" + GIT)).isEmpty();
  }
}
