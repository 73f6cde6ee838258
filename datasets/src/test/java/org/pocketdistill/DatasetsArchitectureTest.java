package org.pocketdistill;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** Data know nothing of evaluation, models or devices. */
final class DatasetsArchitectureTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("org.pocketdistill");

  @Test
  void knowsNothingOfEvaluationAndPipeline() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.pocketdistill.eval..", "org.pocketdistill.pipeline..")
        .check(CLASSES);
  }

  @Test
  void knowsNoOnnxRuntime() {
    noClasses().should().dependOnClassesThat().resideInAPackage("ai.onnxruntime..").check(CLASSES);
  }

  @Test
  void onlyTokenizeKnowsDjl() {
    noClasses()
        .that()
        .resideOutsideOfPackage("org.pocketdistill.tokenize..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("ai.djl..")
        .check(CLASSES);
  }

  @Test
  void tokenizeKnowsOnlyTheTokenizersOfDjl() {
    DescribedPredicate<JavaClass> otherDjl =
        DescribedPredicate.describe(
            "are DJL's, its tokenizers left out",
            type ->
                type.getPackageName().startsWith("ai.djl")
                    && !type.getPackageName().startsWith("ai.djl.huggingface"));

    noClasses()
        .that()
        .resideInAPackage("org.pocketdistill.tokenize..")
        .should()
        .dependOnClassesThat(otherDjl)
        .check(CLASSES);
  }

  @Test
  void templatesKnowJsonAndNothingElse() {
    classes()
        .that()
        .resideInAPackage("org.pocketdistill.template..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "org.pocketdistill.template..", "com.fasterxml.jackson.databind..", "java..")
        .check(CLASSES);
  }

  @Test
  void templatesHaveNoWayIntoTheMachine() {
    noClasses()
        .that()
        .resideInAPackage("org.pocketdistill.template..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "java.lang.reflect..", "java.lang.invoke..", "java.io..", "java.nio..", "java.net..")
        .check(CLASSES);
  }

  @Test
  void hasNoCyclesBetweenPackages() {
    slices().matching("org.pocketdistill.(**)").should().beFreeOfCycles().check(CLASSES);
  }
}
