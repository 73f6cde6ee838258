package org.pocketdistill.eval;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  private static JavaClasses classes;

  @BeforeAll
  static void read() {
    classes =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.pocketdistill.eval");
  }

  @Test
  void modelsAreKnownOnlyThroughTheInterface() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.pocketdistill.pipeline..", "ai.djl..", "ai.onnxruntime..")
        .check(classes);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("org.pocketdistill.eval.(**)").should().beFreeOfCycles().check(classes);
  }

  @Test
  void numbersDoNotKnowWhatTheyAreNumbersOf() {
    noClasses()
        .that()
        .resideInAnyPackage("..eval.statistics..", "..eval.metric..", "..eval.result..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.pocketdistill.eval")
        .check(classes);
  }
}
