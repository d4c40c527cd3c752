"""Every table of this room in one step; a database from before goes through the single steps it replaces."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('analysis', '0001_initial'), ('analysis', '0002_initial')]

    initial = True

    dependencies = [
        ('reviews', '0001_squashed'),
        ('reviews', '__first__'),
        ('screening', '0001_squashed'),
    ]

    operations = [
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=60)),
                ('name', models.CharField(max_length=200)),
                ('measure', models.CharField(default='SMD', max_length=10)),
                ('tau2_method', models.CharField(default='REML', max_length=10)),
                ('test', models.CharField(default='knha', max_length=10)),
                ('level', models.FloatField(default=95.0)),
                ('subgroup_by', models.CharField(blank=True, help_text='Name of a characteristic.', max_length=80)),
                ('exclusion_note', models.TextField(blank=True, help_text='Why these studies are left out.')),
                ('prefer_rater', models.CharField(blank=True, choices=[('clinician', 'Clinician-rated'), ('self_report', 'Self-report')], help_text='Where a study has a result by this rater, use it in place of the preferred one.', max_length=15)),
                ('leave_out_derived', models.BooleanField(default=False, help_text='Pool only values read off as printed, not converted or derived ones.')),
                ('experimental_label', models.CharField(default='intervention', help_text='In one or two words, for the figure: Favours ...', max_length=60, verbose_name='what is tested')),
                ('comparator_label', models.CharField(default='control', max_length=60, verbose_name='what it is compared with')),
                ('prespecified', models.BooleanField(default=False, help_text='In the protocol before the data were seen.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('excluded_studies', models.ManyToManyField(blank=True, related_name='+', to='screening.study')),
                ('outcome', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='reviews.outcome')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='reviews.review')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('review', 'slug'), name='plan_slug_once_per_review'), models.CheckConstraint(condition=models.Q(('level__gt', 0), ('level__lt', 100)), name='plan_level_between_0_and_100', violation_error_message='The confidence level is a percentage between 0 and 100, such as 95.')],
            },
        ),
        migrations.CreateModel(
            name='QuotedResult',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=200)),
                ('measure', models.CharField(default='SMD', max_length=10)),
                ('estimate', models.FloatField()),
                ('ci_low', models.FloatField()),
                ('ci_high', models.FloatField()),
                ('k', models.PositiveIntegerField(blank=True, null=True)),
                ('citation', models.TextField()),
                ('order', models.PositiveIntegerField(default=0)),
                ('outcome', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='reviews.outcome')),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='quoted_results', to='reviews.review')),
            ],
            options={
                'ordering': ['order', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('review', 'label'), name='quoted_label_once_per_review'), models.CheckConstraint(condition=models.Q(('ci_high__gte', models.F('estimate')), ('ci_low__lte', models.F('estimate'))), name='quoted_interval_holds_estimate', violation_error_message='The interval must hold the estimate: lower limit, estimate, upper limit.')],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('snapshot', models.JSONField(help_text="The plan's settings and every study row that went in.")),
                ('input_hash', models.CharField(max_length=64)),
                ('engine_version', models.CharField(max_length=120)),
                ('result', models.JSONField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='run', to='reviews.job')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='analysis.plan')),
                ('requested_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('review', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='reviews.review')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(fields=('plan', 'input_hash'), name='one_run_per_plan_and_inputs')],
            },
        ),
    ]
