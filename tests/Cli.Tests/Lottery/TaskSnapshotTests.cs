using System.Buffers.Binary;
using System.Runtime.InteropServices;
using P3Ebpf.Btf;
using P3Ebpf.Cli.Lottery;

namespace P3Ebpf.Cli.Tests.Lottery;

public sealed class TaskSnapshotTests
{
    private static TaskRecord Record(uint tickets = 1024, ulong runTime = 0, uint state = 1, string command = "task")
    {
        byte[] bytes = new byte[72];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, tickets);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), runTime);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), state);
        System.Text.Encoding.UTF8.GetBytes(command).CopyTo(bytes.AsSpan(48));
        return MemoryMarshal.Read<TaskRecord>(bytes);
    }

    private static TaskSnapshot Snapshot(params (uint Id, TaskRecord Record)[] tasks) => new(tasks.ToDictionary(task => task.Id, task => task.Record));

    [Fact]
    public void The_record_is_laid_out_as_in_the_object()
    {
        BuiltInObject.Lottery.Btf!.TryFind("task_record", BtfKind.Struct, out BtfType record).Should().BeTrue();
        record.Size.Should().Be((uint)Marshal.SizeOf<TaskRecord>());
        string[] fields = ["Tickets", "UserTickets", "Switches", "RunTimeNanoseconds", "LastStartNanoseconds", "CgroupId", "State", "ThreadGroupId", "_command", "KernelRunTimeNanoseconds"];
        List<int> offsets = [];
        foreach (BtfMember member in record.Members)
            offsets.Add((int)member.BitOffset / 8);
        offsets.Should().Equal(fields.Select(field => (int)Marshal.OffsetOf<TaskRecord>(field)));
    }

    [Fact]
    public void Shares_are_of_the_time_since_the_earlier_snapshot()
    {
        TaskSnapshot earlier = Snapshot((1, Record(runTime: 100)), (2, Record(runTime: 100)), (4, Record(runTime: 1000)));
        TaskSnapshot later = Snapshot((1, Record(tickets: 3000, runTime: 400)), (2, Record(tickets: 1000, runTime: 100)), (3, Record(tickets: 0, runTime: 500)), (4, Record(tickets: 0, runTime: 200)));

        IReadOnlyList<TaskRow> rows = later.Rows(later.CpuSharesSince(earlier));

        rows.Select(row => row.Id).Should().Equal([3, 1, 4, 2], "the greatest share comes first");
        rows.Select(row => row.CpuShare).Should().Equal([0.5, 0.3, 0.2, 0], "4 is a new task under an old id");
        rows.Select(row => row.TicketShare).Should().Equal(0, 0.75, 0, 0.25);
    }

    [Fact]
    public void When_nothing_ran_and_nobody_has_tickets_all_shares_are_zero()
    {
        TaskSnapshot snapshot = Snapshot((1, Record(tickets: 0)), (2, Record(tickets: 0)));
        snapshot.Rows(snapshot.CpuSharesSince(TaskSnapshot.Empty)).Should().OnlyContain(row => row.CpuShare == 0 && row.TicketShare == 0);
    }

    [Theory]
    [InlineData(0x80000000, 'R')]
    [InlineData(0, 'R')]
    [InlineData(0x2001, 'S')]
    [InlineData(2, 'D')]
    [InlineData(0x402, 'I')]
    [InlineData(4, 'T')]
    [InlineData(8, 't')]
    [InlineData(0x40, 'P')]
    public void States_are_the_letters_of_ps(uint state, char letter) => Record(state: state).StateLetter.Should().Be(letter);

    [Fact]
    public void Names_may_be_as_long_as_the_kernel_allows()
    {
        Record(command: "a").Command.Should().Be("a");
        Record(command: "sixteen letters!").Command.Should().Be("sixteen letters!");
    }
}
