package org.pocketdistill.pipeline;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.pocketdistill.pipeline.cli.Main;

/** Who may know whom. */
class ArchitectureTest {
  private static final String BASE = "org.pocketdistill.";
  private static final String PIPELINE = BASE + "pipeline.";
  private static final String NDARRAY = "ai.djl.ndarray.NDArray";
  private static final Set<String> KEEPING_A_SCALAR =
      Set.of("mul", "muli", "div", "divi", "pow", "powi", "maximum", "minimum");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.pocketdistill");

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(CLASSES);
  }

  @Test
  void everyModuleIsLookedAt() {
    assertThat(CLASSES.contain(Main.class)).isTrue();
    assertThat(CLASSES.contain(BASE + "eval.LanguageModel")).isTrue();
    assertThat(CLASSES.contain(BASE + "config.Key")).isTrue();
    assertThat(CLASSES.contain(ArchitectureTest.class)).isFalse();
  }

  @Test
  void onlyTorchTouchesTheEngine() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(PIPELINE + "torch..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl.pytorch.."));
  }

  @Test
  void configurationPlanAndReportKnowNoRuntime() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage(PIPELINE + "config..", PIPELINE + "plan..", PIPELINE + "report..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.djl..", "ai.onnxruntime.."));
  }

  @Test
  void onlyTheCommandLineKnowsJobs() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(PIPELINE + "job..", PIPELINE + "cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(PIPELINE + "job.."));
  }

  @Test
  void nobodyKnowsTheCommandLine() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(PIPELINE + "cli..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(PIPELINE + "cli.."));
  }

  @Test
  void modulesBelowKnowNothingOfThoseAbove() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(BASE + "pipeline..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(BASE + "pipeline.."));
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(BASE + "pipeline..", BASE + "eval..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(BASE + "eval.."));
  }

  /**
   * These calls keep a view of a Java buffer for the backward pass; once it is collected the
   * gradient is garbage, and nothing says so.
   */
  private static final ArchRule NO_SCALARS =
      noClasses()
          .that()
          .resideOutsideOfPackage(PIPELINE + "torch..")
          .should()
          .callMethodWhere(isArithmeticWithANumber());

  @Test
  void noArithmeticOfArraysWithJavaNumbers() {
    check(NO_SCALARS);
  }

  /** Does what is forbidden. */
  interface Offender {
    static NDArray twice(NDArray array) {
      return array.mul(2);
    }
  }

  @Test
  void arithmeticWithAJavaNumberIsFound() {
    JavaClasses offender = new ClassFileImporter().importClasses(Offender.class);

    assertThat(NO_SCALARS.evaluate(offender).getFailureReport().getDetails())
        .singleElement()
        .asString()
        .contains("Offender.twice", "NDArray.mul(java.lang.Number)");
  }

  private static DescribedPredicate<JavaMethodCall> isArithmeticWithANumber() {
    return DescribedPredicate.describe(
        "it is arithmetic of an NDArray with a Java number",
        call ->
            call.getTarget().getOwner().getName().equals(NDARRAY)
                && KEEPING_A_SCALAR.contains(call.getTarget().getName())
                && call.getTarget().getRawParameterTypes().stream()
                    .anyMatch(parameter -> parameter.isEquivalentTo(Number.class)));
  }

  @Test
  void packagesHaveNoCycles() {
    check(slices().matching(BASE + "(**)").should().beFreeOfCycles());
  }
}
