package org.pocketdistill.pipeline.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script {@code distill}, in a copy of the project's layout whose path has blanks. */
class LauncherTest {
  /** Says that it is Java 17; otherwise shows what it was called with and ends with code 37. */
  private static final String FAKE_JAVA =
      """
      #!/bin/sh
      if [ "$1" = -version ]; then echo 'openjdk version "17.0.1" 2026-01-01' >&2; exit 0; fi
      for argument in "$@"; do echo "argument <$argument>"; done
      env
      exit 37
      """;

  @TempDir private Path folder;
  private Path project;
  private Path script;
  private Path bin;

  record Result(int code, String out, String err) {}

  @BeforeEach
  void layOutTheProject() throws IOException {
    project = Files.createDirectories(folder.resolve("the project"));
    script = Files.copy(Path.of("..", "distill"), project.resolve("distill"));
    bin = Files.createDirectories(folder.resolve("bin"));
    Files.createDirectories(project.resolve("pipeline/src/main"));
    Files.createDirectories(project.resolve("pipeline/target/lib"));
    Files.writeString(project.resolve("pom.xml"), "<project/>");
    age(project.resolve("pom.xml"), project.resolve("pipeline/src/main"));
    Files.createFile(project.resolve("pipeline/target/.distill-built"));
  }

  private static void age(Path... files) throws IOException {
    for (Path file : files) {
      Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
    }
  }

  /** A jar that stands for the built project: it refers to the class path of this test. */
  private void putBuiltJar() throws IOException {
    String classPath =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(entry -> Path.of(entry).toAbsolutePath().toUri().toString())
            .collect(Collectors.joining(" "));
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().put(Attributes.Name.CLASS_PATH, classPath);
    try (OutputStream file =
            Files.newOutputStream(project.resolve("pipeline/target/pipeline-0.jar"));
        JarOutputStream jar = new JarOutputStream(file, manifest)) {
      jar.finish();
    }
  }

  private Path executable(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void putFakeJava() throws IOException {
    executable(folder.resolve("fake jdk/bin/java"), FAKE_JAVA);
  }

  private Map<String, String> withFakeJava() {
    return new LinkedHashMap<>(Map.of("JAVA_HOME", folder.resolve("fake jdk").toString()));
  }

  private Result run(Path launcher, Map<String, String> environment, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    Path out = folder.resolve("out.txt");
    Path err = folder.resolve("err.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Files.createDirectories(folder.resolve("working folder")).toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    for (String variable :
        List.of(
            "LD_PRELOAD",
            "MALLOC_CONF",
            "OMP_NUM_THREADS",
            "OMP_WAIT_POLICY",
            "GOMP_SPINCOUNT",
            "JAVA_HOME")) {
      builder.environment().remove(variable);
    }
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("the launcher ends").isTrue();
    return new Result(
        process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  @Test
  void runsTheProgramFromElsewhereThroughALinkWithBlanksInEveryPath() throws Exception {
    putBuiltJar();
    Path link =
        Files.createSymbolicLink(bin.resolve("my distill"), Path.of("../the project/distill"));
    Path outer = Files.createSymbolicLink(folder.resolve("outer"), link);
    Path job = Files.createDirectories(folder.resolve("working folder")).resolve("工作 job.yaml");
    Files.writeString(job, "name: x\nstudant: {}\n");

    Result result =
        run(
            outer,
            Map.of("JAVA_HOME", System.getProperty("java.home"), "LC_ALL", "C"),
            "validate",
            "工作 job.yaml");

    assertThat(result.code()).as(result.err()).isEqualTo(Main.WRONG_INPUT);
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .contains("工作 job.yaml:2: studant: unknown key, did you mean 'student'?\n")
        .doesNotContain("\tat ", "Exception");
  }

  @Test
  void handsOnArgumentsAndExitCode() throws Exception {
    putFakeJava();

    Result result = run(script, withFakeJava(), "run", "a b.yaml", "--set", "name=\"x  y\"", "*");

    assertThat(result.code()).isEqualTo(37);
    assertThat(result.out())
        .contains(
            """
            argument <org.pocketdistill.pipeline.cli.Main>
            argument <run>
            argument <a b.yaml>
            argument <--set>
            argument <name="x  y">
            argument <*>
            """)
        .contains("argument <" + project.toRealPath().resolve("pipeline/target/*") + ":")
        .contains("PWD=" + folder.toRealPath().resolve("working folder"));
  }

  @Test
  void setsAllocatorAndThreads() throws Exception {
    putFakeJava();

    String environment = run(script, withFakeJava()).out();

    assertThat(environment)
        .containsPattern("POCKETDISTILL_ALLOCATOR=(jemalloc \\(/|glibc, tuned)")
        .containsPattern(
            "(MALLOC_CONF=oversize_threshold:0,dirty_decay_ms:10000|MALLOC_MMAP_MAX_=0)")
        .containsPattern("OMP_NUM_THREADS=[1-9]")
        .contains("OMP_WAIT_POLICY=passive", "GOMP_SPINCOUNT=20000")
        .contains("DJL_OFFLINE=true", "OPT_OUT_TRACKING=true");
  }

  @Test
  void tunesGlibcWhereThereIsNoJemalloc() throws Exception {
    putFakeJava();
    Map<String, String> environment = withFakeJava();
    environment.put("POCKETDISTILL_ALLOCATOR", "glibc");
    environment.put("MALLOC_TOP_PAD_", "1");

    assertThat(run(script, environment).out())
        .contains("POCKETDISTILL_ALLOCATOR=glibc, tuned", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1")
        .contains("MALLOC_TRIM_THRESHOLD_=17179869184", "MALLOC_TOP_PAD_=1\n")
        .doesNotContain("LD_PRELOAD");
  }

  @Test
  void keepsWhatTheUserHasSet() throws Exception {
    putFakeJava();
    Map<String, String> environment = withFakeJava();
    environment.put("OMP_NUM_THREADS", "3");
    environment.put("OMP_WAIT_POLICY", "active");
    environment.put("POCKETDISTILL_ALLOCATOR", "system");
    environment.put("DISTILL_JAVA_OPTS", "-Xmx3g -Da=b");

    assertThat(run(script, environment).out())
        .contains("OMP_NUM_THREADS=3", "OMP_WAIT_POLICY=active")
        .doesNotContain("GOMP_SPINCOUNT")
        .contains("POCKETDISTILL_ALLOCATOR=the system's")
        .contains("argument <-Xmx3g>\nargument <-Da=b>")
        .doesNotContain("LD_PRELOAD", "MALLOC_CONF");
  }

  @Test
  void buildsWhenSourcesAreNewerAndOnlyThen() throws Exception {
    putFakeJava();
    executable(bin.resolve("mvn"), "#!/bin/sh\necho \"mvn in $PWD: $*\"\n");
    Map<String, String> environment = withFakeJava();
    environment.put("PATH", bin + File.pathSeparator + System.getenv("PATH"));

    assertThat(run(script, environment).err()).as("up to date").isEmpty();

    Path source = Files.createFile(project.resolve("pipeline/src/main/New.java"));
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(2)));
    Result rebuilt = run(script, environment);
    assertThat(rebuilt.code()).isEqualTo(37);
    assertThat(rebuilt.err())
        .contains("distill: building")
        .contains("mvn in " + project.toRealPath() + ": -q -B ", " package");
    assertThat(rebuilt.out()).as("standard output is the program's").doesNotContain("mvn in");

    age(source, source.getParent());
    assertThat(run(script, environment).err()).as("built once").isEmpty();
  }

  @Test
  void stopsWhereTheBuildFails() throws Exception {
    putFakeJava();
    executable(bin.resolve("mvn"), "#!/bin/sh\necho 'cannot compile' >&2\nexit 1\n");
    Files.delete(project.resolve("pipeline/target/.distill-built"));
    Map<String, String> environment = withFakeJava();
    environment.put("PATH", bin + File.pathSeparator + System.getenv("PATH"));

    Result result = run(script, environment);

    assertThat(result.code()).isEqualTo(Main.FAILED);
    assertThat(result.err()).contains("cannot compile\ndistill: the build failed, see above\n");
  }

  @Test
  void saysThatMavenIsMissing() throws Exception {
    putFakeJava();
    for (String tool :
        List.of("sh", "dirname", "readlink", "sed", "find", "head", "mkdir", "rm", "env")) {
      executable(bin.resolve(tool), "#!/bin/sh\nexec %s \"$@\"\n".formatted(toolPath(tool)));
    }
    Files.delete(project.resolve("pipeline/target/.distill-built"));
    Map<String, String> environment = withFakeJava();
    environment.put("PATH", bin.toString());

    Result result = run(script, environment);

    assertThat(result.code()).isEqualTo(Main.FAILED);
    assertThat(result.err())
        .contains("distill: PocketDistill must be built and there is no 'mvn' on the PATH");
  }

  private static Path toolPath(String tool) {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator, -1))
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void saysThatJavaIsTooOld() throws Exception {
    executable(
        folder.resolve("fake jdk/bin/java"), "#!/bin/sh\necho 'java version \"1.8.0_202\"' >&2\n");

    Result result = run(script, withFakeJava());

    assertThat(result.code()).isEqualTo(Main.FAILED);
    assertThat(result.err())
        .contains("distill: Java 17 or newer is needed, ", "fake jdk/bin/java is 8;");
  }
}
