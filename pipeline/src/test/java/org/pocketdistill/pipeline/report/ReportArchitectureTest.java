package org.pocketdistill.pipeline.report;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

class ReportArchitectureTest {
  @Test
  void reportsAreMadeFromFilesWithoutAnyEngine() {
    noClasses()
        .that()
        .resideInAPackage("org.pocketdistill.pipeline.report")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai..", "org.pocketdistill.pipeline.torch..")
        .check(
            new ClassFileImporter()
                .withImportOption(new ImportOption.DoNotIncludeTests())
                .importPackages("org.pocketdistill.pipeline.report"));
  }
}
