namespace P3Ebpf.Elf.Tests;

/// <summary>Uses every part of a file, as a curious caller would.</summary>
internal static class ElfWalk
{
    /// <summary>The faults met; nothing but <see cref="ElfFormatException"/> is caught.</summary>
    public static List<ElfFormatException> Faults(Func<ElfFile> open)
    {
        var faults = new List<ElfFormatException>();
        Attempt(() =>
        {
            using ElfFile file = open();
            foreach (ElfSection section in file.Sections)
                VisitSection(file, section);
            foreach (ElfSegment segment in file.Segments)
                VisitSegment(file, segment);
            VisitDynamic(file);
            Attempt(() => VisitFunctions(file.ReadFunctions()));
            Attempt(() => _ = file.ReadUsdtProbes().Select(probe => probe.ToString()).ToList());
        });
        return faults;

        void Attempt(Action use)
        {
            try
            {
                use();
            }
            catch (ElfFormatException fault)
            {
                faults.Add(fault);
            }
        }

        void VisitSection(ElfFile file, ElfSection section)
        {
            _ = (section.Name, section.Type, section.Flags, section.Address, section.Link, section.Info, section.Alignment, section.ToString());
            _ = file.TryGetSection(section.NameBytes, out _);
            Attempt(() => _ = section.ReadData());
            Attempt(() => _ = section.ReadDecompressed());
            if (section.Type is ElfSectionType.SymbolTable or ElfSectionType.DynamicSymbolTable)
                Attempt(() => VisitSymbols(section.ReadSymbols()));
            if (section.Type is ElfSectionType.Rel or ElfSectionType.Rela)
                Attempt(() => VisitRelocations(file, section));
            if (section.Type is ElfSectionType.Note)
                Attempt(() => VisitNotes(section.ReadNotes()));
        }

        void VisitSymbols(ElfSymbolTable symbols)
        {
            foreach (ElfSymbol symbol in symbols)
            {
                _ = (symbol.Value, symbol.Size, symbol.Type, symbol.Binding, symbol.Visibility, symbol.SectionIndex);
                _ = symbol.TryGetSection(out _);
                Attempt(() => _ = symbols.TryGet(symbol.Name, out _));
            }
        }

        void VisitRelocations(ElfFile file, ElfSection section)
        {
            ElfRelocationTable relocations = section.ReadRelocations();
            ElfSymbolTable? symbols = file.Sections.TryGet(section.Link, out ElfSection table) && table.Type == ElfSectionType.SymbolTable ? table.ReadSymbols() : null;
            foreach (ElfRelocation relocation in relocations)
                _ = symbols?.TryGet(relocation.SymbolIndex, out _);
        }

        void VisitSegment(ElfFile file, ElfSegment segment)
        {
            _ = (segment.Flags, segment.PhysicalAddress, segment.MemorySize, segment.Alignment);
            _ = file.TryGetFileOffset(segment.VirtualAddress + segment.FileSize - 1, out _);
            Attempt(() => _ = segment.ReadData());
            if (segment.Type == ElfSegmentType.Note)
                Attempt(() => VisitNotes(segment.ReadNotes()));
        }

        void VisitFunctions(ElfFunctionTable functions)
        {
            List<ElfFunction> some = [];
            Attempt(() => some.AddRange(functions.Take(20)));
            foreach (ElfFunction function in some)
            {
                Attempt(() => _ = (function.ToString(), function.Address, function.IsIndirect));
                Attempt(() => _ = functions.Find(function.ToString()).Functions.Select(found => found.Version).ToList());
                Attempt(() => _ = functions.Find(function.Name));
            }

            Attempt(() => _ = functions.Find("puts"));
            Attempt(() => _ = functions.Match("*a*"));
        }

        static void VisitNotes(ElfNotes notes)
        {
            foreach (ElfNote note in notes)
                _ = (note.Name, note.Type, note.Descriptor.Length);
        }

        void VisitDynamic(ElfFile file)
        {
            Attempt(() => _ = file.ReadInterpreter());
            Attempt(() => _ = file.TryGetBuildId(out _));
            Attempt(() => _ = file.ReadVersionDefinitions().Select(version => version.Name).ToList());
            Attempt(() =>
            {
                ElfSymbolVersionTable versions = file.ReadSymbolVersions();
                for (int index = -1; index < 20; index++)
                    _ = versions.TryGet(index, out ElfSymbolVersion version) ? version.ToString() : "";
            });
            Attempt(() => _ = file.ReadVersionNeeds().Select(version => (version.Library, version.Name)).ToList());
            Attempt(() =>
            {
                ElfDynamicTable dynamic = file.ReadDynamic();
                Attempt(() => _ = dynamic.Needed.ToList());
                Attempt(() => _ = (dynamic.SoName, dynamic.RPath, dynamic.RunPath));
                foreach (ElfDynamicEntry entry in dynamic)
                    _ = dynamic.TryGet(entry.Tag, out _);
            });
        }
    }
}
